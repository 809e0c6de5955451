"""After a backup was put back: what people had erased since is erased once more.

The list comes from `manage.py erased`, which the operator runs often and keeps where the backups
are not. What time erases needs no list: the next tick erases it again.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import transaction

from petitions.models import (
    CarriedDetails,
    DataCopy,
    NewsSubscriber,
    Signature,
    Tombstone,
    Visibility,
)
from petitions.signatures.links import erase_subscribers
from petitions.signatures.withdraw import ask_offices_to_delete, erase_signatures

Kind = Tombstone.Kind


class NotAList(ValueError):
    """A line is none that `manage.py erased` prints."""


def lines() -> Iterator[str]:
    for each in Tombstone.objects.order_by("day", "kind", "row").iterator():
        yield str(each)


def replay(erased: Iterable[str], *, now: datetime) -> dict[Kind, int]:
    """Erase what the lines name, as far as it is there again, and say how many of each kind.

    Raises:
        NotAList: nothing was erased.
    """
    ids: dict[Kind, list[uuid.UUID]] = defaultdict(list)
    for line in filter(None, map(str.strip, erased)):
        kind, row = _read(line)
        ids[kind].append(row)
    return {
        Kind.SIGNATURE: sum(_erase_signature(each, now=now) for each in ids[Kind.SIGNATURE]),
        Kind.DETAILS: sum(_erase_details(each, now=now) for each in ids[Kind.DETAILS]),
        Kind.NEWS: sum(_end_news(each) for each in ids[Kind.NEWS]),
    }


def _read(line: str) -> tuple[Kind, uuid.UUID]:
    kind, _space, row = line.partition(" ")
    try:
        return Kind(kind), uuid.UUID(row)
    except ValueError as error:
        raise NotAList(line) from error


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
