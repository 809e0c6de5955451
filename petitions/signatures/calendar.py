"""What will be erased when, for organizers to read; erase.py and others do it.

Figures of signatures are counted by petition and month in the database, from indexes that hold no
box.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Count, DateTimeField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import Trunc, TruncMonth

from petitions.models import (
    DataCopy,
    Erasure,
    Export,
    FileSet,
    Import,
    MailHour,
    MailSlot,
    Offer,
    OfficePage,
    Petition,
    Returned,
    Signature,
    SignRequest,
    Suspicion,
    TurnedAway,
    data_copy,
    export,
    imports,
    offer,
    sign_request,
)
from petitions.models.clock import add_months
from petitions.models.office_page import FILES_LIFE, PAGE_LIFE
from petitions.models.returned import KEPT_FOR, UNMATCHED_KEPT_FOR
from petitions.signatures.erase import MAIL_SLOTS_LIVE, MARKS_LIVE
from petitions.signatures.retention import (
    MONTHS_AT_MOST,
    details_end_at,
    marks_end_at,
    with_details,
)

Rule = Erasure.Rule
A_MONTH = timedelta(days=31)


@dataclass(frozen=True)
class Day:
    """So many rows go at that time; `by_month` where it is only known in which month."""

    at: datetime
    count: int
    petition: Petition | None = None
    by_month: bool = False


@dataclass(frozen=True)
class Line:
    """One rule: how many rows there are, and when they go."""

    rule: Rule
    count: int
    days: list[Day] = field(default_factory=list)
    last: Erasure | None = None
    open_end: list[tuple[Petition, int]] = field(default_factory=list)
    """Those whose time has not begun: the petition still runs."""


def calendar() -> list[Line]:
    last = Erasure.objects.last_by_rule()
    return [
        Line(each.rule, each.count, each.days, last.get(each.rule), each.open_end)
        for each in _lines()
    ]


def _lines() -> Iterator[Line]:
    yield _marks()
    yield _details()
    for rule, shelves in _SHELVES.items():
        days = [day for shelf in shelves for day in shelf.days()]
        yield Line(rule, sum(day.count for day in days), _together(days))


def restricted_signatures() -> int:
    """They stay until their signers say otherwise."""
    return Signature.objects.filter(restricted=True).count()


# --- Of signatures


def _marks() -> Line:
    """Counted in two steps, since the index that has the marks does not know who is restricted."""
    marked = Signature.objects.filter(index__isnull=False)
    restricted = _by_petition(marked.filter(restricted=True))
    counts = {pk: all_ - restricted.get(pk, 0) for pk, all_ in _by_petition(marked).items()}
    days, open_end = [], []
    for petition in Petition.objects.filter(pk__in=counts):
        count, at = counts[petition.pk], marks_end_at(petition)
        if at and count:
            days.append(Day(at, count, petition))
        elif count:
            open_end.append((petition, count))
    return Line(Rule.MARKS, sum(counts.values()), _in_order(days), open_end=open_end)


def _by_petition(signatures: QuerySet[Signature]) -> dict[int, int]:
    rows = signatures.order_by().values_list("petition_id")
    return dict(rows.annotate(count=Count("*")))


def _details() -> Line:
    days = []
    counts = _by_month()
    petitions = Petition.objects.in_bulk(counts)
    for petition_id, months in counts.items():
        petition = petitions[petition_id]
        days += list(_days_of(petition, months))
    total = sum(count for months in counts.values() for _month, count in months)
    return Line(Rule.DETAILS, total, _in_order(days))


def _days_of(petition: Petition, months: list[tuple[datetime, int]]) -> Iterator[Day]:
    """A month after the last letter all that is left goes; what is 21 months old goes before."""
    ends_at = details_end_at(petition)
    left = 0
    for month, count in months:
        at = add_months(month, MONTHS_AT_MOST)
        if ends_at is None or at < ends_at:
            yield Day(at, count, petition, by_month=True)
        else:
            left += count
    if ends_at and left:
        yield Day(ends_at, left, petition)


def _by_month() -> dict[int, list[tuple[datetime, int]]]:
    month = TruncMonth("confirmed_hour", tzinfo=UTC, output_field=DateTimeField())
    rows = with_details().order_by().annotate(month=month).values_list("petition_id", "month")
    counted = rows.annotate(count=Count("*")).order_by("petition_id", "month")
    return {
        petition_id: [(month, count) for _petition, month, count in some]
        for petition_id, some in groupby(counted, key=lambda row: row[0])
    }


def _in_order(days: list[Day]) -> list[Day]:
    return sorted(days, key=lambda day: day.at)


# --- Of everything else


@dataclass(frozen=True)
class _Shelf:
    """Rows that go so long after the time in one of their columns."""

    rows: QuerySet[Any]
    column: str
    life: timedelta

    def days(self) -> list[Day]:
        """By day; by month where it takes months."""
        by_month = self.life > A_MONTH
        unit = "month" if by_month else "day"
        ends = ExpressionWrapper(F(self.column) + self.life, output_field=DateTimeField())
        time = Trunc(ends, unit, tzinfo=UTC, output_field=DateTimeField())
        rows = self.rows.order_by().annotate(time=time).values_list("time")
        counted = rows.annotate(number=Count("pk")).order_by("time")
        return [Day(at, count, by_month=by_month) for at, count in counted]


_matched = Returned.objects.filter(delivery__isnull=False)
_unmatched = Returned.objects.filter(delivery=None)
_sent = OfficePage.objects.filter(delivery__sent_at__isnull=False)
_SHELVES = {
    Rule.REQUESTS: [_Shelf(SignRequest.objects.all(), "created_hour", sign_request.LIFE)],
    Rule.OFFERS: [_Shelf(Offer.objects.all(), "created_hour", offer.LIFE)],
    Rule.COPIES: [_Shelf(DataCopy.objects.all(), "created_hour", data_copy.LIFE)],
    Rule.FLOODS: [
        _Shelf(MailSlot.objects.all(), "at", MAIL_SLOTS_LIVE),
        _Shelf(MailHour.objects.all(), "hour", MAIL_SLOTS_LIVE),
        _Shelf(TurnedAway.objects.all(), "hour", MAIL_SLOTS_LIVE),
    ],
    Rule.CROWDS: [
        _Shelf(Signature.objects.filter(crowd__isnull=False), "confirmed_hour", MARKS_LIVE),
        _Shelf(Suspicion.objects.all(), "hour", MARKS_LIVE),
    ],
    Rule.RETURNED: [
        _Shelf(_matched, "received_hour", KEPT_FOR),
        _Shelf(_unmatched, "received_hour", UNMATCHED_KEPT_FOR),
    ],
    Rule.FILES: [_Shelf(FileSet.objects.all(), "made_at", FILES_LIFE)],
    Rule.PAGES: [_Shelf(_sent, "delivery__sent_at", PAGE_LIFE)],
    Rule.EXPORTS: [
        _Shelf(Export.objects.filter(state=Export.State.READY), "made_at", export.EXPORT_LIFE)
    ],
    Rule.IMPORTS: [_Shelf(Import.objects.waiting(), "at", imports.LIFE)],
}


def _together(days: list[Day]) -> list[Day]:
    """Those of one time as one."""
    counts: Counter[tuple[datetime, bool]] = Counter()
    for day in days:
        counts[day.at, day.by_month] += day.count
    return _in_order([Day(at, count, by_month=month) for (at, month), count in counts.items()])
