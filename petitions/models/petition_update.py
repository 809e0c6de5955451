"""What has happened to an ask since: told in several languages, for a day."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from petitions.models.language import LanguageField
from petitions.models.petition import Petition


class PetitionUpdateQuerySet(models.QuerySet["PetitionUpdate"]):
    def published(self) -> PetitionUpdateQuerySet:
        """Neither drafts nor those whose time is still to come."""
        return self.filter(published_at__lte=Now())

    def latest_in(self, language: str) -> PetitionUpdateQuerySet:
        """Of petitions that have a page, newest first."""
        public = self.published().exclude(petition__state=Petition.State.DRAFT)
        return public.filter(language=language).select_related("petition")

    def in_language(self, language: str) -> PetitionUpdateQuerySet:
        """Each day's update in `language`; where it has none, in the campaign's first language."""
        others_last = models.Case(models.When(language=language, then=0), default=1)
        known = self.filter(language__in=[language, settings.LANGUAGE_CODE])
        return known.order_by("-happened_on", others_last).distinct("happened_on")


class PetitionUpdate(models.Model):
    """One language of it; `body` is Markdown."""

    petition = models.ForeignKey(
        Petition, models.CASCADE, related_name="updates", verbose_name=_("petition")
    )
    language = LanguageField(_("language"))
    happened_on = models.DateField(_("date"))
    title = models.CharField(_("title"), max_length=150)
    body = models.TextField(_("text"), help_text=_("Markdown."))
    milestone = models.BooleanField(
        _("milestone"),
        default=False,
        help_text=_("Stands with its date at the top of the petition’s page."),
    )
    # Empty: a draft. In the future: nobody sees it before.
    published_at = models.DateTimeField(_("published"), blank=True, null=True, default=timezone.now)

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
