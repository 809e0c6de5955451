"""Read a backup into an empty database: all of it, or nothing.

People who had themselves erased since are erased again before anybody can see them, and nothing
goes out that may have gone out already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from psycopg import sql

from petitions.backups.frames import NotABackup, take_content, take_rows
from petitions.backups.held_back import HeldBack, hold_back
from petitions.backups.make import FORMAT
from petitions.backups.tables import (
    MADE_BY_MIGRATING,
    Columns,
    Raw,
    fingerprint,
    migrations,
    tables,
    with_rows,
    write_values_alike,
)
from petitions.exports.age import Opened
from petitions.models import Petition, Signature, Tally, Tombstone
from petitions.models.clock import database_now
from petitions.signatures.erase import erase_what_is_due
from petitions.signatures.replay import replay
from petitions.signatures.retention import erase_what_was_kept

# No number that was given since the backup is given again: letters, bounces and pages name some.
# So many rows a backup can't miss.
NUMBERS_LEFT_OUT: Final = 1_000_000


class Refused(Exception):
    """Nothing was put back; says why."""


@dataclass(frozen=True)
class Contents:
    taken_at: datetime
    tables: int
    rows: int


@dataclass(frozen=True)
class PutBack:
    contents: Contents
    erased: Mapping[Tombstone.Kind, int]
    held_back: HeldBack
    miscounted: list[str]
    """Petitions whose tally is not the number of their signatures: it was so in the backup."""


@transaction.atomic
def put_back(file: Opened, *, erased: Iterable[str]) -> PutBack:
    """Bring a backup back; `erased` are the lines of the journal of erasures.

    Raises:
        Refused, NotABackup, WrongKey, NotWhole, NotAList: the database is as it was.
    """
    contents = copy_in(file)
    now = database_now()
    held = hold_back(taken_at=contents.taken_at, now=now)
    gone = replay(erased, now=now)
    erase_what_is_due(now=now)
    erase_what_was_kept(now=now)
    return PutBack(contents, gone, held, _miscounted())


@transaction.atomic
def copy_in(file: Opened) -> Contents:
    """Only what is in the file, compared with what the file says of it.

    Raises:
        Refused, NotABackup, WrongKey, NotWhole: the database is as it was.
    """
    connection.ensure_connection()
    raw: Raw = connection.connection
    with connection.wrap_database_errors:
        head = take_content(file)
        here = tables(raw)
        _refuse_what_does_not_fit(raw, head)
        for table in MADE_BY_MIGRATING:
            raw.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        tail = _copy_tables(raw, file, here)
        file.finish()
        # Foreign keys are looked at now: so far they were not, and tables may come in any order.
        connection.check_constraints()
        rows = _compare(raw, here, tail["fingerprints"])
        _analyze(raw, here)
        # Last, since no rollback takes it back.
        _move_sequences(raw, tail["sequences"])
        return Contents(datetime.fromisoformat(head["taken_at"]), len(here), rows)


def _refuse_what_does_not_fit(raw: Raw, head: dict[str, Any]) -> None:
    if head.get("format") != FORMAT:
        raise NotABackup
    there, here = set(head["migrations"]), set(migrations(raw))
    if there != here:
        raise Refused(
            "The backup is of another version of the site."
            f" {_some('It has, and this database has not', there - here)}"
            f"{_some('This database has, and it has not', here - there)}"
            "Take the code of its version, an empty database and 'manage.py migrate'; restore;"
            " then take the newer code and migrate again."
        )
    if full := with_rows(raw):
        raise Refused(
            f"The database is not empty: there are rows in {', '.join(full[:3])}"
            f"{' and others' if full[3:] else ''}. Restore into a new one, after 'manage.py"
            " migrate' and nothing else."
        )


def _some(what: str, names: set[str]) -> str:
    return f"{what}: {', '.join(sorted(names)[:3])}. " if names else ""


def _copy_tables(raw: Raw, file: Opened, here: dict[str, Columns]) -> dict[str, Any]:
    """All that come before the tail, which is given back."""
    missing = dict(here)
    while "table" in (part := take_content(file)):
        if missing.pop(part["table"], None) != part["columns"]:
            raise Refused(f"The database has not the same columns in {part['table']}.")
        names = sql.SQL(", ").join(map(sql.Identifier, part["columns"]))
        query = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)")
        table = sql.Identifier(part["table"])
        with raw.cursor() as cursor, cursor.copy(query.format(table, names)) as copy:
            for rows in take_rows(file):
                copy.write(rows)
    if missing or not {"fingerprints", "sequences"} <= part.keys():
        raise NotABackup
    return part


def _compare(raw: Raw, here: dict[str, Columns], told: dict[str, list[str]]) -> int:
    """How many rows there are."""
    write_values_alike(raw)
    found = {table: fingerprint(raw, table, columns) for table, columns in here.items()}
    differ = [table for table in found if found[table] != told.get(table)]
    if differ:
        raise Refused(f"What arrived is not what the backup says it holds: {', '.join(differ)}.")
    return sum(int(rows) for rows, _hashes in found.values())


def _analyze(raw: Raw, here: dict[str, Columns]) -> None:
    """What comes next finds its rows by plans that fit full tables."""
    raw.execute(sql.SQL("ANALYZE {}").format(sql.SQL(", ").join(map(sql.Identifier, here))))


def _move_sequences(raw: Raw, last: dict[str, int]) -> None:
    known = raw.execute(
        """SELECT relname::text FROM pg_class
           WHERE relkind = 'S' AND relnamespace = current_schema()::regnamespace"""
    )
    for (name,) in known.fetchall():
        number = last.get(name, 0) + NUMBERS_LEFT_OUT
        raw.execute("SELECT setval(quote_ident(%s)::regclass, %s)", [name, number])


def _miscounted() -> list[str]:
    counted = Tally.objects.by_petition()
    return [
        petition.slug
        for petition in Petition.objects.order_by("number")
        if Signature.objects.counted().filter(petition=petition).count()
        != counted.get(petition.pk, 0)
    ]
