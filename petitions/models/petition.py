"""A petition is one ask: its state, its goal, and its words in each language."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from petitions.models.clock import REQUEST_LIFE, transaction_now
from petitions.models.language import LanguageField
from petitions.models.letter_words import (
    LONGEST_LETTER,
    PLACEHOLDERS,
    check_letter,
    check_line,
    fill,
    fill_html,
    placeholders_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import User

# So long after a petition has ended its signers' addresses are still known by their marks.
MARKS_KEPT_FOR = timedelta(days=30)
# Stands on pages for what differs from letter to letter.
DOTS = "…"
LINE_END = re.compile(r"\r\n?")
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

    def letter_words(self) -> dict[str, tuple[str, str, str]]:
        """What an organizer approves, by language; as it is stored."""
        texts = PetitionText.objects.filter(petition=self.pk)
        return {text.language: text.letter_words for text in texts}

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


class PetitionText(models.Model):
    """A petition's words in one language; `body`, `letter` and `outcome` are Markdown."""

    WORDS = (
        *("title", "short_title", "summary", "demand", "body"),
        *("letter_subject", "letter_salutation", "letter", "outcome"),
    )

    petition = models.ForeignKey(Petition, models.CASCADE, related_name="texts")
    language = LanguageField(_("language"))
    title = models.CharField(_("title"), max_length=100)
    short_title = models.CharField(_("short title"), max_length=40)
    summary = models.CharField(_("summary"), max_length=300)
    demand = models.CharField(_("what we ask"), max_length=400)
    body = models.TextField(_("page"), help_text=_("Markdown."))
    letter_subject = models.CharField(_("letter: subject"), max_length=120, validators=[check_line])
    letter_salutation = models.CharField(
        _("letter: salutation"), max_length=150, validators=[check_line]
    )
    letter = models.TextField(
        _("letter"),
        validators=[MaxLengthValidator(LONGEST_LETTER), check_letter],
        help_text=_("Markdown. The exact text that signers put their names to."),
    )
    outcome = models.TextField(
        _("what came of it"),
        blank=True,
        help_text=_("Markdown. Shown when the petition is won or closed."),
    )
    # The same for all that one transaction stored: they are of one mind.
    changed_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        constraints = [
            models.UniqueConstraint(
                fields=["petition", "language"], name="petition_text_once_per_language"
            )
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Browsers end lines in their own way; then every comparison would find a change."""
        self.body = LINE_END.sub("\n", self.body)
        self.letter = LINE_END.sub("\n", self.letter)
        self.outcome = LINE_END.sub("\n", self.outcome)

    def save(self, *, update_fields: Iterable[str] | None = None, **how: Any) -> None:
        """Note when: a text that is older than the first language's has to be looked at again."""
        stored = PetitionText.objects.filter(pk=self.pk).first()
        if stored is None or stored.words != self.words:
            self.changed_at = transaction_now()
        if update_fields is not None:
            update_fields = {*update_fields, "changed_at"}
        super().save(update_fields=update_fields, **how)

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(getattr(self, name) for name in self.WORDS)

    @property
    def letter_words(self) -> tuple[str, str, str]:
        return self.letter_subject, self.letter_salutation, self.letter

    def letter_to_any(self) -> LetterToAny:
        """As it stands where it is to no one office: what differs is dots."""
        link = f"{settings.SITE_URL}{self.petition.get_absolute_url()}"
        values = dict.fromkeys(PLACEHOLDERS, DOTS)
        values |= {"petition": self.title, "petition_link": link}
        return LetterToAny(self, values)


@dataclass(frozen=True)
class LetterToAny:
    """A letter on a page and in the book, where dots stand for what differs."""

    words: PetitionText
    values: dict[str, str]

    @property
    def subject(self) -> str:
        return fill(self.words.letter_subject, self.values)

    @property
    def salutation(self) -> str:
        return fill(self.words.letter_salutation, self.values)

    @property
    def text(self) -> str:
        return fill(self.words.letter, self.values)

    @property
    def html(self) -> SafeString:
        return fill_html(self.words.letter, self.values)

    @property
    def has_dots(self) -> bool:
        return bool(placeholders_in(*self.words.letter_words) - {"petition", "petition_link"})


class PageQuerySet(models.QuerySet["Page"]):
    def in_language(self, slug: str, language: str) -> Page:
        """The page in `language`, else in the campaign's first language.

        Raises:
            Page.DoesNotExist: there is no such page.
        """
        pages = {page.language: page for page in self.filter(slug=slug)}
        page = pages.get(language) or pages.get(settings.LANGUAGE_CODE)
        if page is None:
            raise Page.DoesNotExist(slug)
        return page


class Page(models.Model):
    """A page of the campaign that is not a petition: home, safety, privacy. `body` is Markdown."""

    slug = models.SlugField(_("address"))
    language = LanguageField(_("language"))
    title = models.CharField(_("title"), max_length=100)
    lead = models.CharField(_("lead"), max_length=300, blank=True)
    body = models.TextField(_("text"), help_text=_("Markdown."))

    objects = PageQuerySet.as_manager()

    class Meta:
        ordering = ["slug", "language"]
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        constraints = [
            models.UniqueConstraint(fields=["slug", "language"], name="page_once_per_language")
        ]

    def __str__(self) -> str:
        return self.title
