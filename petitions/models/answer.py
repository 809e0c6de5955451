"""What an office wrote back to a letter."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from petitions.models.delivery import Delivery
from petitions.models.language import LanguageField
from petitions.models.petition import Petition


class AnswerQuerySet(models.QuerySet["Answer"]):
    def public(self) -> AnswerQuerySet:
        return self.filter(public=True)

    def to_letters_of(self, petition: Petition) -> AnswerQuerySet:
        answers = self.filter(delivery__batch__petition=petition)
        return answers.select_related("delivery__office").prefetch_related(
            "delivery__office__names"
        )


class Answer(models.Model):
    """`body` is Markdown, and only what may be shown: organizers leave out whatever may not."""

    delivery = models.ForeignKey(
        Delivery,
        models.PROTECT,
        related_name="answers",
        verbose_name=_("letter"),
        help_text=_("The letter that was answered: search for its office or its Message-ID."),
    )
    answered_on = models.DateField(_("date"))
    language = LanguageField(_("language"), default=settings.LANGUAGE_CODE)
    body = models.TextField(
        _("answer"), help_text=_("Markdown. Leave out names of persons and whatever is private.")
    )
    public = models.BooleanField(
        _("public"),
        default=False,
        help_text=_("Shown on the site, and counted on signers' own pages."),
    )

    objects = AnswerQuerySet.as_manager()

    class Meta:
        ordering = ["-answered_on", "-id"]
        verbose_name = _("answer")
        verbose_name_plural = _("answers")

    def __str__(self) -> str:
        return f"{self.delivery.office}, {self.answered_on}"
