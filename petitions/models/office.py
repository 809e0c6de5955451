"""An office receives letters: always a role, never a private person."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from petitions.models.language import LanguageField
from petitions.models.petition import Petition

# Offices move and are renamed; after that somebody should look again.
VERIFIED_FOR = timedelta(days=182)


class OfficeQuerySet(models.QuerySet["Office"]):
    def responsible_for(self, petition: Petition) -> OfficeQuerySet:
        return self.filter(active=True, petitions=petition).prefetch_related("names")

    def stopped(self) -> OfficeQuerySet:
        """Those whose letters a hard bounce has stopped."""
        return self.filter(active=False).exclude(stopped_because="")


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(
            _("There is no time zone “%(name)s”; write it as in “Europe/Vilnius”."),
            params={"name": name},
        )


class Office(models.Model):
    name = models.CharField(
        _("office"), max_length=150, help_text=_("The role, for example “Foreign Secretary”.")
    )
    organisation = models.CharField(_("organisation"), max_length=150)
    country = CountryField(
        _("country"), blank=True, help_text=_("Empty for an international organisation.")
    )
    email = models.EmailField(_("address"))
    # How fast letters may follow each other is a matter of the mail server, not of the office.
    domain = models.GeneratedField(
        expression=Lower(
            models.Func("email", models.Value("@"), models.Value(-1), function="split_part")
        ),
        output_field=models.CharField(max_length=254),
        db_persist=True,
    )
    language = LanguageField(_("language"), default=settings.LANGUAGE_CODE)
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        default="UTC",
        validators=[validate_time_zone],
        help_text=_(
            "For example “Europe/Vilnius”: letters arrive there from Monday to Friday, 8:00 to"
            " 18:00. Empty: at any time."
        ),
    )
    petitions = models.ManyToManyField(
        Petition, related_name="offices", verbose_name=_("asks that it can act on")
    )
    active = models.BooleanField(
        _("receives letters"), default=True, help_text=_("Untick to stop letters to this office.")
    )
    verified_on = models.DateField(
        _("verified"),
        null=True,
        blank=True,
        help_text=_("The day when somebody last made sure that this address is the office’s own."),
    )
    stopped_because = models.TextField(_("stopped because"), blank=True, editable=False)

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

    @property
    def named(self) -> Office | OfficeName:
        """Name and organisation in the language of the moment."""
        return self.named_in(get_language() or settings.LANGUAGE_CODE)

    def named_in(self, language: str) -> Office | OfficeName:
        """Name and organisation in `language`; where nobody gave them, the office's own."""
        names = {name.language: name for name in self.names.all()}
        return names.get(language, self)


class OfficeName(models.Model):
    """What an office is called in one language."""

    office = models.ForeignKey(Office, models.CASCADE, related_name="names")
    language = LanguageField(_("language"))
    name = models.CharField(_("office"), max_length=150)
    organisation = models.CharField(_("organisation"), max_length=150)

    class Meta:
        ordering = ["language"]
        verbose_name = _("name in another language")
        verbose_name_plural = _("names in other languages")
        constraints = [
            models.UniqueConstraint(
                fields=["office", "language"], name="office_name_once_per_language"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.organisation}"
