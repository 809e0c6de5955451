"""News in the organizers' own words: in several languages, and whom it is for."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from petitions.markdown import has_pictures
from petitions.models.language import LanguageField
from petitions.models.petition import Petition
from petitions.text import one_line, several_lines, with_our_line_ends

LONGEST_NEWS = 20_000
TRIAL_LIFE = timedelta(hours=1)


class NewsLetter(models.Model):
    """A draft until subscribers are told: from then on a `NewsItem` names it, and it stays as it is.

    What an audience leaves empty does not narrow it.
    """

    class Others(models.TextChoices):
        """What becomes of those in whose language there is no text."""

        FIRST = "first", _("They get it in the campaign’s first language.")
        LEFT_OUT = "left_out", _("They get nothing.")

    about = models.ForeignKey(
        Petition,
        models.PROTECT,
        blank=True,
        null=True,
        related_name="+",
        verbose_name=_("link to the petition"),
    )
    petitions = models.ManyToManyField(
        Petition,
        blank=True,
        related_name="+",
        verbose_name=_("who signed"),
    )
    countries = ArrayField(
        models.CharField(max_length=2), blank=True, default=list, verbose_name=_("countries")
    )
    languages = ArrayField(
        models.CharField(max_length=8), blank=True, default=list, verbose_name=_("languages")
    )
    others = models.CharField(
        _("who reads another language"), max_length=8, choices=Others, default=Others.FIRST
    )
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("news in own words")
        verbose_name_plural = _("news in own words")
        ordering = ["-changed_at"]

    def __str__(self) -> str:
        subjects = {text.language: text.subject for text in self.texts.all()}
        first = subjects.get(settings.LANGUAGE_CODE) or next(iter(subjects.values()), "")
        return first or str(_("(no words yet)"))

    @property
    def is_told(self) -> bool:
        return hasattr(self, "news")

    def languages_read(self) -> list[str]:
        """Those whose readers it reaches: the chosen ones, if there are words for them."""
        chosen = self.languages or [code for code, _name in settings.LANGUAGES]
        if self.others == self.Others.FIRST:
            return list(chosen)
        written = {text.language for text in self.texts.all()}
        return [each for each in chosen if each in written]

    def text_for(self, language: str) -> NewsText | None:
        """What a reader of `language` gets; None where they get nothing."""
        texts = {text.language: text for text in self.texts.all()}
        if self.others == self.Others.FIRST:
            return texts.get(language) or texts.get(settings.LANGUAGE_CODE)
        return texts.get(language)

    def fingerprint(self) -> str:
        """Of its words and its audience: whoever sends it has seen these and no others."""
        said = [
            sorted([text.language, text.subject, text.body] for text in self.texts.all()),
            self.about_id,
            sorted(petition.pk for petition in self.petitions.all()),
            sorted(self.countries),
            sorted(self.languages),
            self.others,
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def check_subject(words: str) -> None:
    if re.search(r"[\r\n\u2028\u2029]", words):
        raise ValidationError(_("Please write this in one line."))
    one_line(words)


def check_news(words: str) -> None:
    several_lines(words)
    if has_pictures(words):
        raise ValidationError(
            _("A mail can’t hold pictures: to load one tells its server who reads the mail.")
        )


class NewsText(models.Model):
    """Its words in one language; `body` is Markdown."""

    letter = models.ForeignKey(NewsLetter, models.CASCADE, related_name="texts")
    language = LanguageField(_("language"))
    subject = models.CharField(
        _("subject"),
        max_length=120,
        validators=[check_subject],
        help_text=_(
            "Stands in the reader’s list of mails, and mail providers read along: no person’s name."
        ),
    )
    body = models.TextField(
        _("mail"),
        validators=[MaxLengthValidator(LONGEST_NEWS), check_news],
        help_text=_("Markdown. The link that ends the news is added below it."),
    )

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "language"], name="news_text_once_per_language"
            )
        ]

    def __str__(self) -> str:
        return self.subject

    def clean(self) -> None:
        self.body = with_our_line_ends(self.body)


class NewsTrialQuerySet(models.QuerySet["NewsTrial"]):
    def alive(self, *, now: datetime) -> NewsTrialQuerySet:
        return self.filter(asked_at__gt=now - TRIAL_LIFE)

    def expired(self, *, now: datetime) -> NewsTrialQuerySet:
        return self.filter(asked_at__lte=now - TRIAL_LIFE)


class NewsTrial(models.Model):
    """A draft on its way to one address that an organizer typed.

    The address is sealed to the mailer and erased with the try; the row goes after an hour.
    """

    class State(models.TextChoices):
        WAITS = "waits", _("waits for the mailer")
        SENDING = "sending", _("on its way")
        SENT = "sent", _("sent")
        FAILED = "failed", _("not sent: the mail server did not take it")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    letter = models.ForeignKey(NewsLetter, models.CASCADE, related_name="trials")
    # Empty: each language that it is written in.
    language = models.CharField(_("language"), max_length=8, blank=True)
    box = models.BinaryField(null=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITS)
    asked_at = models.DateTimeField(_("time"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("who")
    )

    objects = NewsTrialQuerySet.as_manager()

    class Meta:
        verbose_name = _("test of news")
        verbose_name_plural = _("tests of news")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.letter_id}: {self.get_state_display()}"
