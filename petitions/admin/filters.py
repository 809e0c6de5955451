"""Which rows a list shows, each choice in words: the audit trail quotes them."""

from __future__ import annotations

import re
from typing import Any, cast

from django.contrib.admin import ModelAdmin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from petitions.admin.base import DropdownFilter
from petitions.models import Batch, Office, Petition, Source, Tally, Visibility
from petitions.models.office import VERIFIED_FOR
from petitions.models.signature import SignatureQuerySet

Choices = list[tuple[str, str]]


_reference = re.compile(r"[0-9a-f]{1,32}").fullmatch


def reference_in(typed: str) -> str:
    """The beginning of a reference, without its hyphens; empty where `typed` is something else."""
    beginning = typed.strip().lower().replace("-", "")
    return beginning if _reference(beginning) else ""


class SignatureFilter(DropdownFilter):
    """One list to choose from. What is not in the list narrows nothing."""

    def chosen(self) -> str | None:
        value = self.value()
        return value if value in dict(self.lookup_choices) else None

    def in_words(self) -> str:
        """The choice as a phrase, "country: Lithuania"; empty where all are shown."""
        chosen = self.chosen()
        return f"{self.title}: {dict(self.lookup_choices)[chosen]}" if chosen else ""

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.chosen()
        return self.narrow(cast("SignatureQuerySet", rows), chosen) if chosen else rows

    def narrow(self, signatures: SignatureQuerySet, chosen: str) -> SignatureQuerySet:
        raise NotImplementedError


class PetitionFilter(SignatureFilter):
    title = _("petition")
    parameter_name = "petition"

    def lookups(self, _request: HttpRequest, _model_admin: ModelAdmin[Any]) -> Choices:
        return [(str(each.pk), str(each)) for each in Petition.objects.all()]

    def narrow(self, signatures: SignatureQuerySet, chosen: str) -> SignatureQuerySet:
        return signatures.filter(petition=int(chosen))


class CountryFilter(SignatureFilter):
    """The countries that people signed from, read off the tally rather than off all signatures."""

    title = _("country")
    parameter_name = "country"

    def lookups(self, _request: HttpRequest, _model_admin: ModelAdmin[Any]) -> Choices:
        codes = {code for code, _signed in Tally.objects.by_country()}
        return sorted(((code, countries.name(code)) for code in codes), key=lambda each: each[1])

    def narrow(self, signatures: SignatureQuerySet, chosen: str) -> SignatureQuerySet:
        return signatures.filter(country=chosen)


class VisibilityFilter(SignatureFilter):
    title = _("visibility")
    parameter_name = "visibility"

    def lookups(self, _request: HttpRequest, _model_admin: ModelAdmin[Any]) -> Choices:
        return [(each.value, str(each.label)) for each in Visibility]

    def narrow(self, signatures: SignatureQuerySet, chosen: str) -> SignatureQuerySet:
        return signatures.filter(visibility=chosen)


class NameFilter(SignatureFilter):
    """For the moderators: public signers whose names wait for a look."""

    title = _("name on the site")
    parameter_name = "name"

    def lookups(self, _request: HttpRequest, _model_admin: ModelAdmin[Any]) -> Choices:
        return [("shown", gettext("shown")), ("waiting", gettext("public, not shown yet"))]

    def narrow(self, signatures: SignatureQuerySet, chosen: str) -> SignatureQuerySet:
        if chosen == "shown":
            return signatures.exclude(public_name="")
        return signatures.filter(visibility=Visibility.PUBLIC, public_name="")


class BatchFilter(SignatureFilter):
    title = _("batch")
    parameter_name = "batch"

    def lookups(self, _request: HttpRequest, _model_admin: ModelAdmin[Any]) -> Choices:
        batches = Batch.objects.select_related("petition").order_by("petition", "-number")
        none: Choices = [("none", gettext("in none yet")), ("any", gettext("in any"))]
        return none + [(str(each.pk), str(each)) for each in batches]

    def narrow(self, signatures: SignatureQuerySet, chosen: str) -> SignatureQuerySet:
        if chosen == "none":
            return signatures.not_in_batch()
        if chosen == "any":
            return signatures.filter(batch__isnull=False)
        return signatures.filter(batch=int(chosen))


class FlagFilter(SignatureFilter):
    title = _("flag")
    parameter_name = "flag"

    def lookups(self, _request: HttpRequest, _model_admin: ModelAdmin[Any]) -> Choices:
        return [
            ("look-alike", gettext("look-alike address")),
            ("quarantined", gettext("quarantined")),
            ("disposable", gettext("throw-away address")),
        ]

    def narrow(self, signatures: SignatureQuerySet, chosen: str) -> SignatureQuerySet:
        if chosen in {"quarantined", "disposable"}:
            return signatures.filter(**{chosen: True})
        return signatures.with_look_alikes()


class SourceFilter(SignatureFilter):
    title = _("source")
    parameter_name = "source"

    def lookups(self, _request: HttpRequest, _model_admin: ModelAdmin[Any]) -> Choices:
        return [(each.value, str(each.label)) for each in Source]

    def narrow(self, signatures: SignatureQuerySet, chosen: str) -> SignatureQuerySet:
        return signatures.filter(source=chosen)


class OfficeCountryFilter(DropdownFilter):
    """The offices' own countries, not all in the world."""

    title = _("country")
    parameter_name = "country"
    INTERNATIONAL = "-"

    def lookups(self, _request: HttpRequest, _model_admin: ModelAdmin[Any]) -> Choices:
        codes = Office.objects.order_by("country").values_list("country", flat=True).distinct()
        return [
            (code or self.INTERNATIONAL, countries.name(code) if code else gettext("international"))
            for code in codes
        ]

    def queryset(self, _request: HttpRequest, offices: QuerySet[Office]) -> QuerySet[Office]:
        chosen = self.value()
        if not chosen:
            return offices
        return offices.filter(country=chosen.removeprefix(self.INTERNATIONAL))


class VerifiedFilter(DropdownFilter):
    """By how long ago somebody made sure of the address."""

    title = _("verified")
    parameter_name = "verified"

    def lookups(self, _request: HttpRequest, _model_admin: ModelAdmin[Any]) -> Choices:
        return [
            ("lately", gettext("in the last six months")),
            ("old", gettext("longer ago")),
            ("never", gettext("never")),
        ]

    def queryset(self, _request: HttpRequest, offices: QuerySet[Office]) -> QuerySet[Office]:
        since = timezone.localdate() - VERIFIED_FOR
        conditions = {
            "lately": Q(verified_on__gte=since),
            "old": Q(verified_on__lt=since),
            "never": Q(verified_on=None),
        }
        return offices.filter(conditions.get(self.value() or "", Q()))
