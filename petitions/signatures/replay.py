"""After a backup was put back: what people had erased since is erased once more.

The lines come from the deliverer's journal (journal.py), or from `manage.py erased`. What time erases
needs no line: it is erased again by its rules.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from django.db import transaction

from petitions.models import (
    CarriedDetails,
    DataCopy,
    NewsSubscriber,
    Signature,
    SignRequest,
    Tombstone,
    Visibility,
)
from petitions.models.news import news_subscriber_id
from petitions.models.signature import signature_id
from petitions.signatures.links import erase_subscribers
from petitions.signatures.withdraw import (
    ask_offices_to_delete,
    erase_requests,
    erase_signatures,
)

Kind = Tombstone.Kind


class NotAList(ValueError):
    """A line is none that `manage.py erased` prints."""


def lines() -> Iterator[str]:
    """In an order that tells nothing: those of one person do not stand side by side."""
    for each in Tombstone.objects.order_by("day", "kind", "row").iterator():
        yield str(each)


def replay(erased: Iterable[str], *, now: datetime) -> dict[Kind, int]:
    """Erase what the lines name, as far as it is there again, and say how many of each kind.

    Raises:
        NotAList: nothing was erased.
    """
    ids: dict[Kind, list[uuid.UUID]] = defaultdict(list)
    for line in filter(None, map(str.strip, erased)):
        _day, kind, row = read_line(line)
        ids[kind].append(row)
    gone = {*ids[Kind.SIGNATURE], *ids[Kind.NEWS], *ids[Kind.REQUEST]}
    return {
        Kind.REQUEST: _erase_requests(gone, now=now),
        Kind.SIGNATURE: sum(_erase_signature(each, now=now) for each in ids[Kind.SIGNATURE]),
        Kind.DETAILS: sum(_erase_details(each, now=now) for each in ids[Kind.DETAILS]),
        Kind.NEWS: sum(_end_news(each) for each in ids[Kind.NEWS]),
    }


def read_line(line: str) -> tuple[date, Kind, uuid.UUID]:
    """
    Raises:
        NotAList: it is none of ours.
    """
    try:
        day, kind, row = line.split()
        return date.fromisoformat(day), Kind(kind), uuid.UUID(row)
    except ValueError as error:
        raise NotAList(line) from error


@transaction.atomic
def _erase_requests(gone: set[uuid.UUID], *, now: datetime) -> int:
    """Those that were erased, and those that had become something that was erased: since a request
    goes when it is confirmed, a backup may have it and not know what it became.
    """
    back = [
        request.pk
        for request in SignRequest.objects.select_for_update().only("pk", "petition_ids")
        if gone & {request.pk, *_comes_to(request)}
    ]
    erase_requests(back, now=now)
    return len(back)


def _comes_to(request: SignRequest) -> Iterator[uuid.UUID]:
    """The ids of what its confirmation stores."""
    yield news_subscriber_id(request.pk)
    yield from (signature_id(request.pk, petition_id) for petition_id in request.petition_ids)


@transaction.atomic
def _erase_signature(row: uuid.UUID, *, now: datetime) -> bool:
    found = list(Signature.objects.filter(pk=row).select_for_update())
    if found:
        erase_signatures(found, now=now)
    return bool(found)


@transaction.atomic
def _erase_details(row: uuid.UUID, *, now: datetime) -> bool:
    """As when its signer asked to be counted only."""
    named = Signature.objects.filter(pk=row).exclude(visibility=Visibility.WITHHELD)
    found = named.select_for_update().first()
    if found is None:
        return False
    Signature.objects.filter(pk=row).update(
        visibility=Visibility.WITHHELD, public_name="", sig_box=None
    )
    CarriedDetails.objects.filter(signature=row).delete()
    DataCopy.objects.filter(signature=row).delete()
    Tombstone.objects.add(Kind.DETAILS, [row], now=now)
    ask_offices_to_delete([found], now=now)
    return True


@transaction.atomic
def _end_news(row: uuid.UUID) -> bool:
    found = NewsSubscriber.objects.filter(pk=row).select_for_update()
    return erase_subscribers(list(found.values_list("pk", flat=True)))
