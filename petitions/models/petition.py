"""A petition is one ask: its state, its goal, and its words in each language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

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


class PetitionQuerySet(models.QuerySet["Petition"]):
    def public(self) -> PetitionQuerySet:
        """Those that have a page: all but drafts."""
        return self.exclude(state=Petition.State.DRAFT)

    def open(self) -> PetitionQuerySet:
        return self.filter(state=Petition.State.OPEN)

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
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)
    # When it was closed or won: what is kept of its signers goes some time after.
    closed_at = models.DateTimeField(_("closed"), editable=False, null=True)
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
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.slug}"

    def save(self, *, update_fields: Iterable[str] | None = None, **how: Any) -> None:
        """Note when it ended; who opens it again takes that back."""
        if self.state not in self.ENDED:
            self.closed_at = None
        elif self.closed_at is None:
            self.closed_at = timezone.now()
        if update_fields is not None and "state" in update_fields:
            update_fields = {*update_fields, "closed_at"}
        super().save(update_fields=update_fields, **how)

    def clean(self) -> None:
        """Once the marks of its signers' addresses are erased, whoever signed could sign again."""
        if self.pk and self.state not in self.ENDED and self.marks_are_erased(now=timezone.now()):
            raise ValidationError(
                {
                    "state": _(
                        "This petition ended more than 30 days ago. Who signed it is not known any "
                        "more, so the same people could sign twice: it can’t be opened again. "
                        "Start a new petition instead."
                    )
                }
            )

    def marks_are_erased(self, *, now: datetime) -> bool:
        """As it is stored: the form may say something else by now."""
        ended = Petition.objects.filter(pk=self.pk, state__in=self.ENDED)
        return ended.filter(closed_at__lte=now - MARKS_KEPT_FOR).exists()

    def get_absolute_url(self) -> str:
        return reverse("petition", args=[self.slug])

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    def approve_letters(self, *, by: User | None, now: datetime) -> bool:
        """From now on its letters go out; False where they do already."""
        waiting = Petition.objects.filter(pk=self.pk, letters_approved_at=None)
        return waiting.update(letters_approved_at=now, letters_approved_by=by) == 1

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


class PetitionText(models.Model):
    """A petition's words in one language; `body` and `letter` are Markdown."""

    petition = models.ForeignKey(Petition, models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
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


class PetitionUpdateQuerySet(models.QuerySet["PetitionUpdate"]):
    def latest_in(self, language: str) -> PetitionUpdateQuerySet:
        """Of petitions that have a page, newest first."""
        public = self.exclude(petition__state=Petition.State.DRAFT)
        return public.filter(language=language).select_related("petition")

    def in_language(self, language: str) -> PetitionUpdateQuerySet:
        """Each day's update in `language`; where it has none, in the campaign's first language."""
        others_last = models.Case(models.When(language=language, then=0), default=1)
        known = self.filter(language__in=[language, settings.LANGUAGE_CODE])
        return known.order_by("-happened_on", others_last).distinct("happened_on")


class PetitionUpdate(models.Model):
    """What has happened to an ask since; `body` is Markdown."""

    petition = models.ForeignKey(Petition, models.CASCADE, related_name="updates")
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    happened_on = models.DateField(_("date"))
    title = models.CharField(_("title"), max_length=150)
    body = models.TextField(_("text"), help_text=_("Markdown."))

    objects = PetitionUpdateQuerySet.as_manager()

    class Meta:
        ordering = ["-happened_on"]
        verbose_name = _("update")
        verbose_name_plural = _("updates")
        constraints = [
            models.UniqueConstraint(
                fields=["petition", "language", "happened_on"],
                name="petition_update_once_per_day_and_language",
            )
        ]

    def __str__(self) -> str:
        return f"{self.happened_on}: {self.title}"


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
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
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
