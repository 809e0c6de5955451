"""An import: a sheet that an organizer hands in, its dry run, and what became of it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from petitions.models.language import LanguageField
from petitions.models.petition import Petition
from petitions.models.sealed import open_import, seal_import

# Between the dry run and the yes; then the lines are erased.
LIFE = timedelta(hours=24)


class ImportQuerySet(models.QuerySet["Import"]):
    def waiting(self) -> ImportQuerySet:
        return self.filter(state=Import.State.CHECKED)

    def expired(self, *, now: datetime) -> ImportQuerySet:
        return self.waiting().filter(at__lte=now - LIFE)


class Import(models.Model):
    """Every change of state is an UPDATE that names the state, so that a second click does nothing.

    The lines lie sealed in `box` between the dry run and the import, and are erased with either
    answer; `counts` hold no person.
    """

    class Kind(models.TextChoices):
        PAPER = "paper", _("paper signatures")
        OFFICES = "offices", _("offices")

    class State(models.TextChoices):
        CHECKED = "checked", _("waits for a yes")
        DONE = "done", _("imported")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("erased after a day")
        UNDONE = "undone", _("taken back")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("what"), max_length=7, choices=Kind)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.CHECKED)
    at = models.DateTimeField(_("checked"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("who"))
    done_at = models.DateTimeField(_("imported"), null=True)
    petition = models.ForeignKey(
        Petition, models.PROTECT, null=True, related_name="imports", verbose_name=_("petition")
    )
    reference = models.CharField(_("where the sheets are kept"), max_length=100, blank=True)
    language = LanguageField(_("language"), default=settings.LANGUAGE_CODE)
    consent_version = models.CharField(_("consent text"), max_length=10, blank=True)
    # How many lines of each verdict there were, and what came of them.
    counts = models.JSONField(default=dict)
    box = models.BinaryField(null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-at", "id"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(box__isnull=True) | models.Q(state="checked"),
                name="import_keeps_no_lines_once_it_is_over",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="offices") ^ models.Q(petition__isnull=False),
                name="import_of_signatures_has_a_petition",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_kind_display()}"

    def seal(self, content: dict[str, Any]) -> None:
        self.box = seal_import(content, import_id=self.pk)

    def open(self) -> dict[str, Any]:
        """Raises `CannotOpen` where the box is not this import's; empty once it is over."""
        return open_import(bytes(self.box), import_id=self.pk) if self.box else {}

    def move(self, *, to: Import.State, since: Import.State, **changes: Any) -> bool:
        """False where somebody was faster. Whatever it moves to, the lines are erased."""
        mine = Import.objects.filter(pk=self.pk, state=since)
        moved = mine.update(state=to, box=None, **changes)
        return bool(moved)
