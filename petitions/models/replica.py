"""Whom what reads much may ask: a replica, where there is one and it shows all that was stored.

An organizer who has just changed something must see it, and an export must hold nobody who has
just withdrawn. So a reader first notes how far the primary's log is, and reads from the replica
only once that has come as far.
"""

from __future__ import annotations

import logging
import time
from typing import Final

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections

log = logging.getLogger(__name__)

REPLICA: Final = "replica"
_SECONDS_BETWEEN_LOOKS: Final = 0.02


def newest_reader(*, seconds: float) -> str:
    """The database to read from, by its alias.

    It is the primary where no replica is set, or the replica can't be asked, is no streaming
    replica, or does not catch up in so many seconds with what is stored by now.
    """
    if REPLICA not in connections:
        return DEFAULT_DB_ALIAS
    try:
        caught_up = _catches_up(seconds)
    except (OperationalError, InterfaceError) as fault:
        # Its words would name the machine, not a person; its kind says enough.
        log.warning("the replica can't be read: %s", type(fault).__name__)
        connections[REPLICA].close()
        return DEFAULT_DB_ALIAS
    if not caught_up:
        log.warning("the replica is too far behind, or none: the primary is read instead")
    return REPLICA if caught_up else DEFAULT_DB_ALIAS


def _catches_up(seconds: float) -> bool:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_flush_lsn()")
        (position,) = cursor.fetchone()
    ends_at = time.monotonic() + seconds
    while (has := _has_replayed(position)) is False and time.monotonic() < ends_at:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    return bool(has)


def _has_replayed(position: str) -> bool | None:
    """None from a server that replays nothing."""
    with connections[REPLICA].cursor() as cursor:
        cursor.execute(
            "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn WHERE pg_is_in_recovery()", [position]
        )
        row = cursor.fetchone()
    return row[0] if row else None
