"""A deliverer makes the files that organizers ordered: one at a time, on all cores.

Rows come out of PostgreSQL by one cursor, so that each is in the file once, whatever changes
meanwhile. Other processes open and write them (openers.py); here they become a file, which goes in
encrypted chunks back to PostgreSQL (shelf.py). Nothing of it is ever on a disk in the clear.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection, transaction

from petitions.exports.opener import Slice
from petitions.exports.shelf import Shelf
from petitions.exports.write import write_file
from petitions.models import Erasure, Export, ExportChunk
from petitions.models.clock import database_now
from petitions.models.export import LEASE
from petitions.models.sealed import FILE_KEY_BYTES, Openings, TooManyDamagedBoxes, seal_export_key
from petitions.vault import VaultError

log = logging.getLogger(__name__)

SECONDS_BETWEEN_SIGNS_OF_LIFE: Final = 1.0
_ONE_AT_A_TIME: Final = 0x65787075

State = Export.State
Fault = Export.Fault


class NotMine(Exception):
    """It was cancelled, or this maker was silent for so long that another one took it."""


def make_exports() -> int:
    """Make the files that wait, and say how many. What fails is marked, for whoever ordered it."""
    made = 0
    while (export := _claim()) is not None:
        made += _make(export)
    return made


def erase_expired(*, now: datetime) -> int:
    """Files after a day; what was ordered, by whom and why stays."""
    ids = list(Export.objects.expired(now=now).values_list("pk", flat=True))
    ExportChunk.objects.filter(export__in=ids).delete()
    ready = Export.objects.filter(pk__in=ids, state=State.READY)
    files = ready.update(state=State.GONE, key_box=None)
    return Erasure.objects.note({Erasure.Rule.EXPORTS: files}, now=now)


@transaction.atomic
def _claim() -> Export | None:
    """The next that waits, with nothing of an earlier maker's left; none while one is being made:
    letters have to go out meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
    now = database_now()
    if Export.objects.being_made(now=now).exists():
        return None
    waiting = Export.objects.to_be_made(now=now).select_for_update(skip_locked=True)
    export = waiting.order_by("number").first()
    if export is None:
        return None
    ExportChunk.objects.filter(export=export.pk).delete()
    export.state, export.fence = State.MAKING, export.fence + 1
    export.lease_until, export.rows_done, export.key_box = now + LEASE, 0, None
    export.save(update_fields=["state", "fence", "lease_until", "rows_done", "key_box"])
    return export


def _make(export: Export) -> bool:
    log.info("export %s is being made", export.number)
    try:
        _Maker(export).make()
    except NotMine:
        log.info("export %s was taken away", export.number)
        return False
    except Exception as error:  # noqa: BLE001 - whatever it is, its words could hold a signer's
        where = "".join(traceback.format_tb(error.__traceback__))
        log.critical("export %s failed: %s\n%s", export.number, type(error).__name__, where)
        _fail(export, _fault_of(error))
        return False
    log.info("export %s is ready", export.number)
    return True


def _fault_of(error: Exception) -> Fault:
    if isinstance(error, TooManyDamagedBoxes):
        return Fault.DAMAGED
    return Fault.KEYS if isinstance(error, VaultError) else Fault.BROKEN


@transaction.atomic
def _fail(export: Export, fault: Fault) -> None:
    mine = Export.objects.held(fence=export.fence).filter(pk=export.pk)
    if mine.update(state=State.FAILED, fault=fault, key_box=None, lease_until=None):
        ExportChunk.objects.filter(export=export.pk).delete()


class _Maker:
    def __init__(self, export: Export) -> None:
        self._export = export
        self._mine = Export.objects.held(fence=export.fence).filter(pk=export.pk)
        self._openings = Openings()
        self._rows_done = 0
        self._next_sign = 0.0

    def make(self) -> None:
        """
        Raises:
            NotMine: nobody wants it any more, or another one makes it.
            VaultError, OpenerDied: it can't be made now.
        """
        export = self._export
        # Another key each time: a nonce is a place in the file, and the file is another one.
        key = AESGCM.generate_key(8 * FILE_KEY_BYTES)
        self._must_be_mine(key_box=seal_export_key(key, export_id=export.pk))
        shelf = Shelf(export.pk, key, still_mine=self._tell)
        write_file(export, shelf, watch=self._watched)
        shelf.finish()
        self._must_be_mine(
            state=State.READY,
            size=shelf.size,
            rows_done=self._rows_done,
            rows_total=self._rows_done,
            lease_until=None,
            made_at=database_now(),
        )

    def _watched(self, slices: Iterable[Slice]) -> Iterator[Slice]:
        """Counts what goes by."""
        for each in slices:
            self._openings.opened += each.opened
            for _ in range(each.damaged):
                self._openings.add(opens=False)
            self._rows_done += each.rows
            if time.monotonic() >= self._next_sign:
                self._tell()
            yield each

    def _tell(self) -> None:
        """How far it is, and that somebody is still at it."""
        self._must_be_mine(rows_done=self._rows_done, lease_until=database_now() + LEASE)
        self._next_sign = time.monotonic() + SECONDS_BETWEEN_SIGNS_OF_LIFE

    def _must_be_mine(self, **changes: Any) -> None:
        if not self._mine.update(**changes):
            raise NotMine
