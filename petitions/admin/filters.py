"""Which rows a list shows; exports know the same choices (exports/selection.py)."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from django.contrib.admin import ModelAdmin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from petitions.admin.base import DropdownFilter, RangeDateFilter
from petitions.models import Batch, Hold, Office, Petition, Source, Suspicion, Tally, Visibility
from petitions.models.office import VERIFIED_FOR
from petitions.models.signature import SignatureQuerySet

Choices = list[tuple[str, str]]
HOLDS_LISTED = 50
SUSPICIONS_LISTED = 100


_reference = re.compile(r"[0-9a-f]{1,32}").fullmatch


def reference_in(typed: str) -> str:
    """The beginning of a reference, without its hyphens; empty where `typed` is something else."""
    beginning = typed.strip().lower().replace("-", "")
    return beginning if _reference(beginning) else ""


def signed_from() -> Choices:
    """Also where all are out of the count: they are looked at, and released, by their country."""
    names = [(code, countries.name(code)) for code in Tally.objects.countries()]
    return sorted(names, key=lambda each: each[1])


class SignatureFilter(DropdownFilter):
    """One list to choose from. What is not in the list shows nobody: whoever acts on all that a list
    shows must never act on more than was asked for.
    """

    def chosen(self) -> str | None:
        value = self.value()
        return value if value in dict(self.lookup_choices) else None

    def in_words(self) -> str:
        """The choice as a phrase, "country: Lithuania"; empty where all are shown."""
        chosen = self.chosen()
        return f"{self.title}: {dict(self.lookup_choices)[chosen]}" if chosen else ""

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.chosen()
        if not chosen:
            return rows.none() if self.value() else rows
        return self.narrow(cast("SignatureQuerySet", rows), chosen)

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
        return signed_from()

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
        return [
            ("shown", gettext("shown")),
            ("waiting", gettext("public, not shown yet")),
            ("hidden", gettext("hidden")),
        ]

    def narrow(self, signatures: SignatureQuerySet, chosen: str) -> SignatureQuerySet:
        if chosen == "shown":
            return signatures.named_in_public()
        if chosen == "hidden":
            return signatures.filter(name_hidden=True)
        return signatures.names_to_look_at()


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
            ("alike", gettext("look-alike address")),
            ("quarantined", gettext("quarantined")),
            ("disposable", gettext("throw-away address")),
            ("crowd", gettext("came in a crowd")),
            ("restricted", gettext("restricted")),
        ]

    def narrow(self, signatures: SignatureQuerySet, chosen: str) -> SignatureQuerySet:
        if chosen == "crowd":
            return signatures.filter(crowd__isnull=False)
        return signatures.filter(**{chosen: True})


class HeldFilter(SignatureFilter):
    """An older hold than those listed shows nobody, so that nobody else is counted again by it."""

    title = _("counted")
    parameter_name = "hold"

    def lookups(self, _request: HttpRequest, _model_admin: ModelAdmin[Any]) -> Choices:
        ways: Choices = [("none", gettext("yes")), ("any", gettext("no, taken out"))]
        return ways + [(str(each.pk), str(each)) for each in Hold.objects.all()[:HOLDS_LISTED]]

    def narrow(self, signatures: SignatureQuerySet, chosen: str) -> SignatureQuerySet:
        if chosen == "none":
            return signatures.counted()
        if chosen == "any":
            return signatures.filter(hold__isnull=False)
        return signatures.filter(hold=int(chosen))


class SuspicionFilter(SignatureFilter):
    """A group that looks suspicious. One that is gone shows nobody: its link is for holding many."""

    title = _("suspicion")
    parameter_name = "suspicion"

    def lookups(self, _request: HttpRequest, _model_admin: ModelAdmin[Any]) -> Choices:
        some = Suspicion.objects.select_related("petition")[:SUSPICIONS_LISTED]
        return [(str(each.pk), str(each)) for each in some] or [("none", gettext("none"))]

    def narrow(self, signatures: SignatureQuerySet, chosen: str) -> SignatureQuerySet:
        if chosen == "none":
            return signatures.none()
        return Suspicion.objects.get(pk=int(chosen)).narrow(signatures)


class DatesFilter(RangeDateFilter):
    """From one day to another, both included; what is no day shows nobody."""

    def day(self, end: str) -> date | None:
        typed = str(self.used_parameters.get(f"{self.field_path}_{end}", ""))
        try:
            return parse_date(typed)
        except ValueError:
            return None

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        first, last = self.day("from"), self.day("to")
        if [first, last].count(None) > 2 - len(self.used_parameters):
            return rows.none()
        if first:
            rows = rows.filter(confirmed_hour__gte=_midnight(first))
        if last:
            rows = rows.filter(confirmed_hour__lt=_midnight(last) + timedelta(days=1))
        return rows

    def in_words(self) -> str:
        """The choice as a phrase, "confirmed from 2026-11-01 to 2026-11-30"."""
        first, last = self.day("from"), self.day("to")
        if first and last:
            return gettext("confirmed from %(first)s to %(last)s") % {"first": first, "last": last}
        if first:
            return gettext("confirmed from %(first)s") % {"first": first}
        return gettext("confirmed to %(last)s") % {"last": last} if last else ""


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


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
