"""Write all that is in the database, as it was at one moment, while the site goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection
from psycopg import sql

from petitions.backups.frames import END_OF_ROWS, frame_of, frames
from petitions.backups.tables import (
    Columns,
    Raw,
    fingerprint,
    migrations,
    sequences,
    tables,
    write_values_alike,
)
from petitions.exports import age

FORMAT = "five-asks backup 1"


def write_backup(out: age.Writer, *, recipients: Sequence[str]) -> None:
    """Write a backup to `out`, encrypted as it comes; nothing of it is kept here."""
    with _one_moment() as raw:
        age.encrypt(_parts(raw), out, recipients=recipients)


@contextmanager
def _one_moment() -> Iterator[Raw]:
    """On a connection of its own: whoever calls may be in the middle of something."""
    own = connection.copy()
    try:
        own.ensure_connection()
        raw: Raw = own.connection
        with raw.transaction():
            raw.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield raw
    finally:
        own.close()


def _parts(raw: Raw) -> Iterator[bytes]:
    write_values_alike(raw)
    yield frame_of({"format": FORMAT, "taken_at": _began(raw), "migrations": migrations(raw)})
    found = tables(raw)
    for table, columns in found.items():
        yield frame_of({"table": table, "columns": columns})
        yield from frames(_rows(raw, table, columns))
        yield END_OF_ROWS
    # The numbers last: no transaction holds them back, so they are no smaller than those in rows.
    yield frame_of(
        {
            "fingerprints": {name: fingerprint(raw, name, found[name]) for name in found},
            "sequences": sequences(raw),
        }
    )


def _began(raw: Raw) -> str:
    """No later than the moment: relays are asked about all that was sent since."""
    query = """SELECT to_char(transaction_timestamp(), 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00')"""
    found = raw.execute(query).fetchone()
    assert found is not None  # noqa: S101 - it is always one row
    return str(found[0])


def _rows(raw: Raw, table: str, columns: Columns) -> Iterator[bytes]:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    query = sql.SQL("COPY {} ({}) TO STDOUT (FORMAT BINARY)").format(sql.Identifier(table), names)
    with raw.cursor() as cursor, cursor.copy(query) as rows:
        yield from map(bytes, rows)
