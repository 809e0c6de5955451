"""Opens the rows of a shelf: to seal them to the active key, or to see whether they open at all."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain

from django.db import models, transaction

from petitions.resealing.shelf import Row, Shelf
from petitions.vault import CannotOpen, vault
from petitions.vault.boxes import header

# Whoever can write to the database can seal nonsense, since sealing proves no origin.
_DOES_NOT_OPEN = (CannotOpen, ValueError, TypeError, RecursionError)


@dataclass
class Tried:
    done: int = 0
    damaged: int = 0


def reseal(shelf: Shelf, *, epochs: Collection[str], batch_size: int) -> Iterator[Tried]:
    """Seal a shelf's rows of `epochs` to the active key; tells how far it is after each batch.

    Each batch is a transaction of its own, so this can be killed at any time and started again.
    Rows that another process holds are passed over, and so are rows that do not open.

    Raises:
        KeysUnavailable: the private key of one of `epochs` is missing or wrong.
    """
    tried, stretch = Tried(), _next_ids(shelf, None, batch_size)
    while stretch:
        _reseal_stretch(shelf, epochs, stretch, tried)
        yield tried
        stretch = _next_ids(shelf, stretch[-1], batch_size)


def try_to_open(shelf: Shelf, *, epochs: Collection[str], sample: int | None) -> Tried:
    """Open rows of `epochs`: `sample` of them, or all when it is None.

    Raises:
        KeysUnavailable: the private key of one of `epochs` is missing or wrong.
    """
    rows = shelf.rows_of(epochs)
    tried = Tried()
    for row in rows.iterator() if sample is None else _some(rows, sample):
        _try(tried, partial(shelf.open, row))
    return tried


def _next_ids(shelf: Shelf, last: uuid.UUID | None, size: int) -> list[uuid.UUID]:
    """A stretch of the primary key, whatever its rows are sealed to: to search for old rows in
    each batch would read the whole table each time.
    """
    rows = shelf.everything().filter(pk__gt=last) if last else shelf.everything()
    return list(rows.values_list("pk", flat=True)[:size])


@transaction.atomic
def _reseal_stretch(
    shelf: Shelf, epochs: Collection[str], stretch: list[uuid.UUID], tried: Tried
) -> None:
    active = vault().active_epoch(shelf.purpose)
    rows = shelf.rows_of({*epochs, active}).exclude(headers=[header(active).hex()])
    locked = rows.filter(pk__in=stretch).select_for_update(skip_locked=True, of=("self",))
    resealed = [row for row in locked if _try(tried, partial(_reseal_row, shelf, row))]
    shelf.everything().bulk_update(resealed, shelf.columns)


def _reseal_row(shelf: Shelf, row: Row) -> None:
    shelf.open(row)()


def _try(tried: Tried, do: Callable[[], object]) -> bool:
    try:
        do()
    except _DOES_NOT_OPEN:
        tried.damaged += 1
        return False
    tried.done += 1
    return True


def _some(rows: models.QuerySet[Row], count: int) -> Iterable[Row]:
    """Rows from a random place on: ids are random, so any stretch is a fair sample."""
    place = uuid.uuid4()
    above = list(rows.filter(pk__gt=place)[:count])
    return chain(above, rows.filter(pk__lte=place)[: count - len(above)])
