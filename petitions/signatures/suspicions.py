"""Looks for hours and networks that brought more signatures than people do.

Only hours that have passed since the last look are counted, so a look costs the same however many
have signed. What it finds is marked for organizers, who decide; nobody's signature changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import median

from django.db import connection, transaction
from django.db.models import Case, Count, F, Max, Min, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from petitions.models import Petition, Signature, SignedHour, Suspicion
from petitions.models.clock import this_hour

LOOKS_BACK = timedelta(days=14)
HOUR = timedelta(hours=1)
# Before a petition has been open for a day nobody knows what is usual.
LEARNS_FOR = 24
BURST_FACTOR = 10
BURST_FROM = 50
THROW_AWAY_FROM = 10
THROW_AWAY_SHARE = 0.2
CROWD_FROM = 5
# Any number that nothing else in this database locks.
_LOCK = 0x73757370


@transaction.atomic
def look_for_suspicions(*, now: datetime) -> int:
    """Mark what looks suspicious; how many open suspicions this look found or confirmed.

    None where another process is just looking.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    since = _count_hours(now=now)
    Signature.objects.mark_look_alikes()
    found = [*_odd_hours(since, now=now), *_crowds(now=now)]
    _keep(found)
    SignedHour.objects.filter(hour__lte=now - LOOKS_BACK - HOUR).delete()
    return len(found)


def _count_hours(*, now: datetime) -> datetime:
    """Count anew from the last hour that was known; the first hour that was counted."""
    first = this_hour(now) - LOOKS_BACK
    last = SignedHour.objects.aggregate(last=Max("hour"))["last"]
    since = max(first, last - HOUR) if last else first
    hours = (
        Signature.objects.counted()
        .confirmed_since(since)
        .order_by()
        .values("petition_id", "confirmed_hour")
        .annotate(signed=Count("pk"), throw_away=Count("pk", filter=Q(disposable=True)))
    )
    SignedHour.objects.filter(hour__gte=since).delete()
    SignedHour.objects.bulk_create(
        SignedHour(
            petition_id=each["petition_id"],
            hour=each["confirmed_hour"],
            signed=each["signed"],
            throw_away=each["throw_away"],
        )
        for each in hours
    )
    return since


def _odd_hours(since: datetime, *, now: datetime) -> Iterator[Suspicion]:
    by_petition: dict[int, list[SignedHour]] = defaultdict(list)
    for hour in SignedHour.objects.filter(hour__gt=now - LOOKS_BACK - HOUR):
        by_petition[hour.petition_id].append(hour)
    petitions = Petition.objects.in_bulk(by_petition)
    for petition_id, hours in by_petition.items():
        opened_at = petitions[petition_id].opened_at
        for hour in hours:
            if hour.hour >= since:
                yield from _odd(hour, _usual(hours, hour.hour, opened_at=opened_at))


def _odd(hour: SignedHour, usual: int | None) -> Iterator[Suspicion]:
    facts = {"petition_id": hour.petition_id, "hour": hour.hour}
    kinds = Suspicion.Kind
    if usual is not None and hour.signed > BURST_FROM and hour.signed > BURST_FACTOR * usual:
        yield Suspicion(kind=kinds.BURST, count=hour.signed, usual=usual, **facts)
    if hour.throw_away >= THROW_AWAY_FROM and hour.throw_away > THROW_AWAY_SHARE * hour.signed:
        yield Suspicion(kind=kinds.THROW_AWAY, count=hour.throw_away, **facts)


def _usual(hours: list[SignedHour], hour: datetime, *, opened_at: datetime | None) -> int | None:
    """The median of the hours before this one; those without a signature count as well."""
    began = max(opened_at or hour, hour - LOOKS_BACK)
    known = int((hour - this_hour(began)) / HOUR)
    if known < LEARNS_FOR:
        return None
    before = [each.signed for each in hours if each.hour < hour]
    return round(median([*before, *[0] * (known - len(before))]))


def _crowds(*, now: datetime) -> Iterator[Suspicion]:
    marked: QuerySet[Signature] = Signature.objects.counted().filter(
        crowd__isnull=False, confirmed_hour__gt=now - LOOKS_BACK
    )
    groups = marked.order_by().values("petition_id", "crowd")
    for each in groups.annotate(count=Count("pk"), hour=Min("confirmed_hour")):
        if each["count"] >= CROWD_FROM:
            yield Suspicion(
                kind=Suspicion.Kind.NETWORK,
                petition_id=each["petition_id"],
                mark=bytes(each["crowd"] or b""),
                hour=each["hour"],
                count=each["count"],
            )


def _keep(found: list[Suspicion]) -> None:
    """New ones are added; one that was settled opens again once it has grown to twice."""
    for each in found:
        key = {
            "kind": each.kind,
            "petition_id": each.petition_id,
            "hour": each.hour,
            "mark": each.mark,
        }
        stored, _new = Suspicion.objects.get_or_create(
            **key, defaults={"count": each.count, "usual": each.usual}
        )
        settled = Case(
            When(settled_count__lt=Value(each.count / 2), then=None), default=F("settled_at")
        )
        Suspicion.objects.filter(pk=stored.pk).update(
            count=each.count, usual=Coalesce(Value(each.usual), F("usual")), settled_at=settled
        )


def settle(suspicions: QuerySet[Suspicion], *, by_id: int, now: datetime, minding: bool) -> int:
    """They need nobody any more: nothing was wrong (then not `minding`), or they were held."""
    count = Value(0) if minding else F("count")
    return suspicions.filter(settled_at=None).update(
        settled_at=now, settled_by=by_id, settled_count=count
    )
