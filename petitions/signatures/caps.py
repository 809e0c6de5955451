"""How many mails one address and one mail domain may get, whatever is typed into the form.

A mail books its time. Who asks again too soon gets the next free time, and a domain's mails of too
full an hour wait for the next one; who asks too often gets no mail, and nobody is told. Organizers
see how many that were.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from petitions.models import MailHour, MailSlot, TurnedAway
from petitions.models.clock import this_hour
from petitions.signatures.domains import is_large

PAUSE = timedelta(minutes=10)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
A_DAY = 5
A_DAY_FOR_ONE_PETITION = 3
# Of a large provider's many users more may sign in an hour.
LARGE_TIMES = 100
# A domain's mails wait at most so many hours: of the request's 72 some must remain to confirm in.
HOURS_AHEAD = 48


@transaction.atomic
def book_mail(
    *,
    address_key: bytes,
    domain_key: bytes,
    domain_an_hour: int,
    petition_ids: Sequence[int],
    now: datetime,
) -> datetime | None:
    """When a mail to this address may be sent: `now`, later, or (None) not at all."""
    _one_at_a_time(address_key)
    slots = list(MailSlot.objects.filter(address_key=address_key).order_by("at"))
    at = max([now, *(slot.at + PAUSE for slot in slots)])
    recent = [slot for slot in slots if slot.at > at - DAY]
    if len(recent) >= A_DAY or _most_for_one_petition(recent, petition_ids) >= (
        A_DAY_FOR_ONE_PETITION
    ):
        TurnedAway.objects.add(TurnedAway.Why.ADDRESS, now=now)
        return None
    booked = book_hour(domain_key, domain_an_hour, earliest=at)
    if booked is None:
        TurnedAway.objects.add(TurnedAway.Why.DOMAIN, now=now)
        return None
    MailSlot.objects.create(address_key=address_key, petition_ids=list(petition_ids), at=booked)
    return booked


def _most_for_one_petition(slots: Sequence[MailSlot], petition_ids: Sequence[int]) -> int:
    return max(
        sum(petition_id in slot.petition_ids for slot in slots) for petition_id in petition_ids
    )


def _one_at_a_time(address_key: bytes) -> None:
    """Hold back other workers that book for the same address until this transaction ends."""
    lock = int.from_bytes(address_key[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])


def mails_an_hour(domain: str) -> int:
    small: int = settings.DOMAIN_MAILS_AN_HOUR
    return small * LARGE_TIMES if is_large(domain) else small


def book_hour(domain_key: bytes, an_hour: int, *, earliest: datetime) -> datetime | None:
    """Count a mail to the domain in its first hour that is not full, and choose its time there."""
    hours = MailHour.objects.filter(domain_key=domain_key)
    full = set(hours.filter(mails__gte=an_hour).values_list("hour", flat=True))
    for ahead in range(HOURS_AHEAD):
        hour = this_hour(earliest) + ahead * HOUR
        if hour not in full and _take_place(domain_key, an_hour, hour):
            return earliest if ahead == 0 else hour + HOUR * random.random()  # noqa: S311 - spreads load
    return None


def _take_place(domain_key: bytes, an_hour: int, hour: datetime) -> bool:
    """True where a place was left when its turn came; the row's lock keeps others waiting."""
    free = MailHour.objects.filter(domain_key=domain_key, hour=hour, mails__lt=an_hour)
    if free.update(mails=F("mails") + 1):
        return True
    first = MailHour(domain_key=domain_key, hour=hour)
    MailHour.objects.bulk_create([first], ignore_conflicts=True)
    return free.update(mails=F("mails") + 1) == 1
