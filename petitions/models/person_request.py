"""What a person asked of us under the GDPR: what for, until when, and what came of it.

It holds no address, no name and no reference: whoever deals with it finds the person again by the
letter that lies in the campaign's mailbox.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from petitions.models.clock import add_months_to_day

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Article 12(3): a month, and two more where it is complex and the person was told why.
MONTHS = 1
MONTHS_MORE = 2


def no_person(text: str) -> None:
    if "@" in text:
        raise ValidationError(_("Please name nobody here: leave out addresses and names."))


class PersonRequestQuerySet(models.QuerySet["PersonRequest"]):
    def open(self) -> PersonRequestQuerySet:
        """Those that wait for an answer, the most urgent first."""
        return self.filter(state=PersonRequest.State.OPEN).order_by("due_on", "pk")

    def overdue(self, *, today: date) -> PersonRequestQuerySet:
        return self.open().filter(due_on__lt=today)


class PersonRequest(models.Model):
    class Kind(models.TextChoices):
        ACCESS = "access", _("to be shown their data, or given a copy")
        CORRECT = "correct", _("to have it corrected")
        RESTRICT = "restrict", _("to have its use restricted")
        ERASE = "erase", _("to have it erased")
        OBJECT = "object", _("objects, or takes consent back")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    class Identity(models.TextChoices):
        NOT_YET = "not_yet", _("not yet")
        WROTE = "wrote", _("wrote from the address, and answered our mail to it")
        LINK = "link", _("had the link to their own page")
        OTHER = "other", _("otherwise, as noted")
        NOT_NEEDED = "needless", _("not needed: nothing was found, or nothing was told")

    kind = models.CharField(_("asks"), max_length=8, choices=Kind)
    received_on = models.DateField(
        _("received"), help_text=_("The day on which it reached us, not the day you saw it.")
    )
    due_on = models.DateField(_("answer by"), editable=False, db_index=True)
    extended_because = models.CharField(
        _("two more months, because"),
        max_length=500,
        blank=True,
        validators=[no_person],
        help_text=_(
            "Only for what is complex, and the person has to be told why within the first month."
        ),
    )
    state = models.CharField(
        _("state"), max_length=7, choices=State, default=State.OPEN, editable=False
    )
    identity = models.CharField(
        _("how we know that it is them"),
        max_length=8,
        choices=Identity,
        default=Identity.NOT_YET,
    )
    notes = models.TextField(
        _("notes"),
        blank=True,
        max_length=2000,
        validators=[no_person],
        help_text=_("What was asked and answered. No name, address or reference."),
    )
    done_at = models.DateTimeField(_("answered"), null=True, editable=False)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("by whom"),
    )

    objects = PersonRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("person’s request")
        verbose_name_plural = _("persons’ requests")
        ordering = ["-received_on", "-pk"]

    def __str__(self) -> str:
        return self.number

    def save(self, **how: Any) -> None:
        """The deadline follows from the day of arrival and the extension."""
        months = MONTHS + (MONTHS_MORE if self.extended_because else 0)
        self.due_on = add_months_to_day(self.received_on, months)
        super().save(**how)

    def clean(self) -> None:
        if self.received_on and self.received_on > timezone.localdate():
            raise ValidationError({"received_on": _("This day is still to come.")})

    @property
    def number(self) -> str:
        """To be quoted in letters."""
        return f"{self.received_on:%Y}-{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    def is_overdue(self, *, today: date) -> bool:
        return self.is_open and self.due_on < today

    def finish(self, *, state: State, by: User, now: datetime) -> bool:
        """False where somebody has finished it before."""
        waiting = PersonRequest.objects.filter(pk=self.pk, state=self.State.OPEN)
        return waiting.update(state=state, done_at=now, done_by=by) == 1
