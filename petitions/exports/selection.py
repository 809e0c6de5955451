"""Which signatures an organizer chose: kept as plain JSON, for a query and in words.

The lists' filters (admin/filters.py) mean the same by the same words. No person can be named in it:
what is not in a list of choices is a reference or a date.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_countries import countries

from petitions.models import Batch, Hold, Partner, Petition, Signature, Source, Visibility
from petitions.models.export import Use
from petitions.models.signature import SignatureQuerySet


@dataclass(frozen=True)
class Selection:
    """Empty means: all of them. The last six come from the list of signatures."""

    petitions: tuple[int, ...] = ()
    countries: tuple[str, ...] = ()
    visibilities: tuple[str, ...] = ()
    partners: tuple[int, ...] = ()
    # The first and the last day (UTC) on which they were confirmed, as in 2026-11-28.
    since: str = ""
    until: str = ""
    # "yes" or "no": whether they asked for news.
    news: str = ""
    source: str = ""
    name: str = ""
    batch: str = ""
    flag: str = ""
    hold: str = ""
    reference: str = ""
    ticked: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def of_json(cls, stored: dict[str, Any]) -> Selection:
        """Raises `TypeError` where a later version has stored what this one does not know."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in stored.items()
        }
        return cls(**values)

    def signatures(self, use: Use) -> SignatureQuerySet:
        """In no order; only those who consented to `use`."""
        found = _for_use(use, held=self.hold)
        for narrow in (_by_choice, _by_day, _by_list):
            found = narrow(found, self)
        return found.order_by()

    def in_words(self) -> str:
        phrases = [*_choices_in_words(self), *_days_in_words(self), *_list_in_words(self)]
        return "; ".join(phrases) or _("all signatures")


def _for_use(use: Use, *, held: str) -> SignatureQuerySet:
    """Figures agree with the tally, unless those that were taken out of it are asked for."""
    everybody = Signature.objects.all()
    if use == Use.FIGURES:
        return everybody if held else everybody.counted()
    named = (
        (Visibility.PUBLIC,) if use == Use.PUBLISH else (Visibility.PUBLIC, Visibility.OFFICIALS)
    )
    return everybody.exportable().filter(visibility__in=named)


# --- As a query


def _by_choice(found: SignatureQuerySet, chosen: Selection) -> SignatureQuerySet:
    lists = {
        "petition__in": chosen.petitions,
        "country__in": chosen.countries,
        "visibility__in": chosen.visibilities,
        "partner__in": chosen.partners,
    }
    found = found.filter(**{name: values for name, values in lists.items() if values})
    if chosen.source:
        found = found.filter(source=chosen.source)
    return found.filter(asked_for_news=chosen.news == "yes") if chosen.news else found


def _by_day(found: SignatureQuerySet, chosen: Selection) -> SignatureQuerySet:
    if chosen.since:
        found = found.filter(confirmed_hour__gte=_midnight(chosen.since))
    if chosen.until:
        found = found.filter(confirmed_hour__lt=_midnight(chosen.until) + timedelta(days=1))
    return found


def _by_list(found: SignatureQuerySet, chosen: Selection) -> SignatureQuerySet:
    for value, narrow in (
        (chosen.name, _BY_NAME),
        (chosen.batch, _BY_BATCH),
        (chosen.flag, BY_FLAG),
        (chosen.hold, _BY_HOLD),
    ):
        if value in narrow:
            found = narrow[value](found)
    if chosen.batch.isdecimal():
        found = found.filter(batch=int(chosen.batch))
    if chosen.hold.isdecimal():
        found = found.filter(hold=int(chosen.hold))
    if chosen.reference:
        found = found.filter(pk__range=_ends_of(chosen.reference))
    return found.filter(pk__in=chosen.ticked) if chosen.ticked else found


_Narrow = Callable[[SignatureQuerySet], SignatureQuerySet]
_BY_NAME: dict[str, _Narrow] = {
    "shown": lambda found: found.exclude(public_name=""),
    "waiting": lambda found: found.names_to_look_at(),
    "hidden": lambda found: found.filter(name_hidden=True),
}
_BY_BATCH: dict[str, _Narrow] = {
    "none": lambda found: found.not_in_batch(),
    "any": lambda found: found.filter(batch__isnull=False),
}
_BY_HOLD: dict[str, _Narrow] = {
    "none": lambda found: found.counted(),
    "any": lambda found: found.filter(hold__isnull=False),
}
BY_FLAG: dict[str, _Narrow] = {
    "alike": lambda found: found.filter(alike=True),
    "quarantined": lambda found: found.filter(quarantined=True),
    "disposable": lambda found: found.filter(disposable=True),
    "crowd": lambda found: found.filter(crowd__isnull=False),
    "restricted": lambda found: found.filter(restricted=True),
}


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.min, UTC)


def _ends_of(reference: str) -> tuple[uuid.UUID, uuid.UUID]:
    return uuid.UUID(reference.ljust(32, "0")), uuid.UUID(reference.ljust(32, "f"))


# --- In words


def _choices_in_words(chosen: Selection) -> Iterable[str]:
    labels = dict(Visibility.choices)
    lists = {
        _("petition"): _named(Petition, chosen.petitions),
        _("country"): [countries.name(code) or code for code in chosen.countries],
        _("visibility"): [str(labels.get(each, each)) for each in chosen.visibilities],
        _("partner"): _named(Partner, chosen.partners),
        _("source"): [str(Source(chosen.source).label)] if chosen.source else [],
    }
    for title, names in lists.items():
        if names:
            yield f"{title}: {', '.join(names)}"


def _days_in_words(chosen: Selection) -> Iterable[str]:
    if chosen.since:
        yield _("confirmed from: %(day)s") % {"day": chosen.since}
    if chosen.until:
        yield _("confirmed until: %(day)s") % {"day": chosen.until}
    if chosen.news:
        yield _("asked for news") if chosen.news == "yes" else _("did not ask for news")


def _list_in_words(chosen: Selection) -> Iterable[str]:
    names = {
        "shown": _("shown"),
        "waiting": _("public, not shown yet"),
        "hidden": _("hidden"),
    }
    batches = {"none": _("in none yet"), "any": _("in any")}
    flags = {
        "alike": _("look-alike address"),
        "quarantined": _("quarantined"),
        "disposable": _("throw-away address"),
        "crowd": _("came in a crowd"),
        "restricted": _("restricted"),
    }
    holds = {"none": _("yes"), "any": _("no, taken out")}
    if chosen.name:
        yield _("name on the site: %(which)s") % {"which": names[chosen.name]}
    if chosen.batch:
        number = ", ".join(_named(Batch, (int(chosen.batch),) if chosen.batch.isdecimal() else ()))
        yield _("batch: %(which)s") % {"which": batches.get(chosen.batch, number)}
    if chosen.flag:
        yield _("flag: %(which)s") % {"which": flags[chosen.flag]}
    if chosen.hold:
        which = ", ".join(_named(Hold, (int(chosen.hold),) if chosen.hold.isdecimal() else ()))
        yield _("counted: %(which)s") % {"which": holds.get(chosen.hold, which)}
    if chosen.reference:
        yield _("reference: %(beginning)s…") % {"beginning": chosen.reference}
    if chosen.ticked:
        count = len(chosen.ticked)
        words = ngettext("%(count)s ticked by hand", "%(count)s ticked by hand", count)
        yield words % {"count": count}


def _named(model: type[Petition | Partner | Batch | Hold], ids: tuple[int, ...]) -> list[str]:
    return [str(each) for each in model._default_manager.filter(pk__in=ids)]  # noqa: SLF001 - Django's documented name
