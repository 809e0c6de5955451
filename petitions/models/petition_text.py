"""A petition's words in one language, those of its letter among them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from petitions.models.clock import transaction_now
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
from petitions.models.petition import Petition
from petitions.text import with_our_line_ends

if TYPE_CHECKING:
    from collections.abc import Iterable

# Stands on pages for what differs from letter to letter.
DOTS = "…"


class PetitionText(models.Model):
    """`body`, `letter` and `outcome` are Markdown."""

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
        self.body = with_our_line_ends(self.body)
        self.letter = with_our_line_ends(self.letter)
        self.outcome = with_our_line_ends(self.outcome)

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
        return LetterToAny(self)


class FilledLetter:
    """A letter in which `values` stand in place of its words' placeholders."""

    words: PetitionText

    @cached_property
    def values(self) -> dict[str, str]:
        raise NotImplementedError

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


@dataclass(frozen=True)
class LetterToAny(FilledLetter):
    """A letter on a page and in the book: it is to no one office, and dots stand for what differs."""

    words: PetitionText

    @cached_property
    def values(self) -> dict[str, str]:
        link = f"{settings.SITE_URL}{self.words.petition.get_absolute_url()}"
        values = dict.fromkeys(PLACEHOLDERS, DOTS)
        return values | {"petition": self.words.title, "petition_link": link}

    @property
    def has_dots(self) -> bool:
        return bool(placeholders_in(*self.words.letter_words) - {"petition", "petition_link"})


def letter_words_of(petition: Petition) -> dict[str, tuple[str, str, str]]:
    """What an organizer approves, by language; as it is stored."""
    texts = PetitionText.objects.filter(petition=petition.pk)
    return {text.language: text.letter_words for text in texts}
