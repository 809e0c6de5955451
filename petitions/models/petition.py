"""A petition is one ask: its state, its goal, its address. Its words are in `petition_text.py`."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from petitions.models.clock import REQUEST_LIFE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import User

    from petitions.models.petition_text import PetitionText

# So long after a petition has ended its signers' addresses are still known by their marks.
MARKS_KEPT_FOR = timedelta(days=30)
PREVIEW_LIFE = timedelta(days=14)
TOO_LATE_TO_REOPEN = _(
    "This petition ended more than 30 days ago. Who signed it is not known any more, so the same "
    "people could sign twice: it can’t be opened again. Start a new petition instead."
)


class PetitionQuerySet(models.QuerySet["Petition"]):
    def public(self) -> PetitionQuerySet:
        """Those that have a page: all but drafts."""
        return self.exclude(state=Petition.State.DRAFT)

    def open(self) -> PetitionQuerySet:
        return self.filter(state=Petition.State.OPEN)

    def confirmable(self, *, now: datetime) -> PetitionQuerySet:
        """Those whose mailed links still count: forms sent before the end have their 72 hours.

        Not where it is won: the letter would ask for what has happened.
        """
        just_closed = models.Q(state=Petition.State.CLOSED, closed_at__gt=now - REQUEST_LIFE)
        return self.filter(models.Q(state=Petition.State.OPEN) | just_closed)

    def in_preview(self, token: str) -> PetitionQuerySet:
        """The one whose page this link shows; its end is told by the database's clock."""
        # PostgreSQL takes no text with a NUL in it.
        if not token or "\x00" in token:
            return self.none()
        return self.filter(preview_token=token, preview_until__gt=Now())

    def with_texts(self) -> PetitionQuerySet:
        return self.prefetch_related("texts")

    def with_words(self) -> PetitionQuerySet:
        """With all that stands on the page where somebody agrees: texts and offices' names."""
        return self.prefetch_related("texts", "offices__names")


class Petition(models.Model):
    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")
        WON = "won", _("won")

    ENDED = frozenset({State.CLOSED, State.WON})

    number = models.PositiveSmallIntegerField(_("number"), unique=True)
    slug = models.SlugField(
        _("address"), unique=True, help_text=_("The last part of the page's address.")
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.DRAFT)
    goal = models.PositiveIntegerField(_("goal"), help_text=_("Signatures that it aims for."))
    batch_days = models.PositiveSmallIntegerField(
        _("days between letters"),
        default=7,
        help_text=_("Letters to the offices go out this often, when there are new signatures."),
    )
    batch_signatures = models.PositiveIntegerField(
        _("signatures between letters"),
        blank=True,
        null=True,
        help_text=_("As soon as so many are new, letters go out earlier. Empty: they never do."),
    )
    opened_at = models.DateTimeField(_("opened"), default=timezone.now, editable=False)
    # Both are used up when they come, and by whoever is faster by hand.
    opens_at = models.DateTimeField(
        _("opens by itself"),
        blank=True,
        null=True,
        help_text=_("A draft is published then, within the minute. Empty: by hand only."),
    )
    closes_at = models.DateTimeField(
        _("closes by itself"),
        blank=True,
        null=True,
        help_text=_("Signing ends then, within the minute. Empty: by hand only."),
    )
    # When it was closed or won: what is kept of its signers goes some time after.
    closed_at = models.DateTimeField(_("closed"), editable=False, null=True)
    # Opens words only, and organizers have to see it again: hence it is stored as it is.
    preview_token = models.CharField(  # noqa: DJ001 - unique, where there is one
        max_length=64, editable=False, null=True, unique=True
    )
    preview_until = models.DateTimeField(editable=False, null=True)
    # No letter goes out before; `by` nobody where it was done at the terminal.
    letters_approved_at = models.DateTimeField(_("letters approved"), editable=False, null=True)
    letters_approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        editable=False,
        null=True,
        related_name="+",
        verbose_name=_("approved by"),
    )

    objects = PetitionQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        verbose_name = _("petition")
        verbose_name_plural = _("petitions")
        permissions = [("approve_letters", _("Can approve a petition's letters"))]
        constraints = [
            models.CheckConstraint(condition=models.Q(goal__gt=0), name="petition_goal_positive"),
            models.CheckConstraint(
                condition=models.Q(batch_days__gt=0), name="petition_batch_days_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(batch_signatures__gt=0),
                name="petition_batch_signatures_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(closes_at__gt=models.F("opens_at")),
                name="petition_closes_after_it_opens",
                violation_error_message=_("It can’t close before it opens."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.slug}"

    def save(self, *, update_fields: Iterable[str] | None = None, **how: Any) -> None:
        """Note when it ended, which opening it again takes back; and an address that it leaves."""
        if self.state not in self.ENDED:
            self.closed_at = None
        elif self.closed_at is None:
            self.closed_at = timezone.now()
        if update_fields is not None and "state" in update_fields:
            update_fields = {*update_fields, "closed_at"}
        if self.pk and (update_fields is None or "slug" in update_fields):
            self._keep_old_address()
        super().save(update_fields=update_fields, **how)

    def _keep_old_address(self) -> None:
        """Links to a page that was public lead to it for ever, whatever it is called now."""
        left = Petition.objects.public().filter(pk=self.pk).exclude(slug=self.slug).first()
        if left is not None:
            PetitionAddress.objects.get_or_create(slug=left.slug, defaults={"petition": self})

    def clean(self) -> None:
        taken = PetitionAddress.objects.filter(slug=self.slug).exclude(petition=self.pk)
        if taken.exists():
            words = _("This address belonged to another petition, and links to it lead there.")
            raise ValidationError({"slug": words})
        if self.pk and self.state not in self.ENDED and self.marks_are_erased(now=timezone.now()):
            raise ValidationError({"state": TOO_LATE_TO_REOPEN})

    def marks_are_erased(self, *, now: datetime) -> bool:
        """Once those of its signers' addresses are, whoever signed could sign again.

        As it is stored: the form may say something else by now.
        """
        ended = Petition.objects.filter(pk=self.pk, state__in=self.ENDED)
        return ended.filter(closed_at__lte=now - MARKS_KEPT_FOR).exists()

    def get_absolute_url(self) -> str:
        return reverse("petition", args=[self.slug])

    @property
    def slugs(self) -> set[str]:
        """All that its address ever ended in."""
        return {self.slug, *(each.slug for each in self.addresses.all())}

    @property
    def first_slug(self) -> str:
        """What it was called first: it names the petition where names must never change."""
        return min(self.addresses.all(), key=lambda each: each.pk, default=self).slug

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    def approve_letters(self, *, by: User | None, now: datetime) -> bool:
        """From now on its letters go out; False where they do already."""
        waiting = Petition.objects.filter(pk=self.pk, letters_approved_at=None)
        return waiting.update(letters_approved_at=now, letters_approved_by=by) == 1

    def make_preview(self, *, now: datetime) -> None:
        """A new link, which opens its page for those without an account; an older one ends."""
        self.preview_token = secrets.token_urlsafe(32)
        self.preview_until = now + PREVIEW_LIFE
        self.save(update_fields=["preview_token", "preview_until"])

    def end_preview(self) -> None:
        self.preview_token = self.preview_until = None
        self.save(update_fields=["preview_token", "preview_until"])

    def withdraw_approval(self) -> bool:
        """Its letters wait for a new one; False where they have been waiting."""
        approved = Petition.objects.filter(pk=self.pk, letters_approved_at__isnull=False)
        changed = approved.update(letters_approved_at=None, letters_approved_by=None) == 1
        self.letters_approved_at = self.letters_approved_by = None
        return changed

    @property
    def text(self) -> PetitionText:
        """The words in the language of the moment."""
        return self.text_in(get_language() or settings.LANGUAGE_CODE)

    def text_in(self, language: str) -> PetitionText:
        """The words in `language`; where there are none, in the campaign's first language."""
        texts = {text.language: text for text in self.texts.all()}
        return texts.get(language) or texts[settings.LANGUAGE_CODE]

    @property
    def outcome(self) -> PetitionText | None:
        """The text that says what came of it, in the language of the moment or the first one."""
        texts = {text.language: text for text in self.texts.all() if text.outcome}
        return texts.get(get_language() or "") or texts.get(settings.LANGUAGE_CODE)


class PetitionAddress(models.Model):
    """What a petition's address ended in once. It is never given to another petition."""

    petition = models.ForeignKey(Petition, models.PROTECT, related_name="addresses")
    slug = models.SlugField(unique=True)

    def __str__(self) -> str:
        return self.slug
