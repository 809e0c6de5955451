"""How many mails one address may get, whatever is typed into the form.

A mail books its time. Who asks again too soon gets the next free time; who asks too often gets
no mail, and nobody is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from petitions.models import MailSlot

PAUSE = timedelta(minutes=10)
DAY = timedelta(days=1)
A_DAY = 5
A_DAY_FOR_ONE_PETITION = 3


@transaction.atomic
def book_mail(*, address_key: bytes, petition_ids: Sequence[int], now: datetime) -> datetime | None:
    """When a mail to this address may be sent: `now`, later, or (None) not at all."""
    _one_at_a_time(address_key)
    slots = list(MailSlot.objects.filter(address_key=address_key).order_by("at"))
    at = max([now, *(slot.at + PAUSE for slot in slots)])
    recent = [slot for slot in slots if slot.at > at - DAY]
    if len(recent) >= A_DAY or _most_for_one_petition(recent, petition_ids) >= (
        A_DAY_FOR_ONE_PETITION
    ):
        return None
    MailSlot.objects.create(address_key=address_key, petition_ids=list(petition_ids), at=at)
    return at


def _most_for_one_petition(slots: Sequence[MailSlot], petition_ids: Sequence[int]) -> int:
    return max(
        sum(petition_id in slot.petition_ids for slot in slots) for petition_id in petition_ids
    )


def _one_at_a_time(address_key: bytes) -> None:
    """Hold back other workers that book for the same address until this transaction ends."""
    lock = int.from_bytes(address_key[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
