"""An office receives letters: always a role, never a private person."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from petitions.models.petition import Petition


class OfficeQuerySet(models.QuerySet["Office"]):
    def responsible_for(self, petition: Petition) -> OfficeQuerySet:
        return self.filter(active=True, petitions=petition)


class Office(models.Model):
    name = models.CharField(
        _("office"), max_length=150, help_text=_("The role, for example “Foreign Secretary”.")
    )
    organisation = models.CharField(_("organisation"), max_length=150)
    country = CountryField(
        _("country"), blank=True, help_text=_("Empty for an international organisation.")
    )
    email = models.EmailField(_("address"))
    language = models.CharField(
        _("language"), max_length=8, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    petitions = models.ManyToManyField(
        Petition, related_name="offices", verbose_name=_("asks that it can act on")
    )
    active = models.BooleanField(
        _("receives letters"), default=True, help_text=_("Untick to stop letters to this office.")
    )

    objects = OfficeQuerySet.as_manager()

    class Meta:
        ordering = ["country", "organisation", "name"]
        verbose_name = _("office")
        verbose_name_plural = _("offices")
        constraints = [
            models.UniqueConstraint(
                fields=["name", "organisation"], name="office_once_per_organisation"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.organisation}"
