"""Statements that run for every form, confirmation or letter: PostgreSQL plans them once a
connection, not each time.

Planning takes four times as long as running them. Django's own cursors put the parameters into the
text, so that no statement is ever the same again; psycopg must not count those, since it would keep
the texts of the last hundred in memory, whole files among them. Behind a pooler each transaction
may be another session's, which knows none of them: nothing is prepared there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, TypeVar, cast

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql.base import DatabaseWrapper

Answer = TypeVar("Answer")

_NAME = re.compile(r"%\((\w+)\)")


def run_prepared(statement: str, parameters: Mapping[str, Any]) -> int:
    """How many rows were changed."""
    return _run(statement, parameters, lambda cursor: cursor.rowcount)


def read_prepared(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What the statement returns."""
    return _run(statement, parameters, lambda cursor: cursor.fetchall())


@cache
def values(row: str, count: int) -> str:
    """So many rows of parameters, to be given as `numbered` names them.

    psycopg writes each at once; in a list it looks for the kind of every item first, which took up to
    half of a confirmation's statements. Each count is a statement of its own: use it for few rows.
    """
    rows = (_NAME.sub(rf"%(\1_{place})", row) for place in range(count))
    return ", ".join(f"({each})" for each in rows)


def numbered(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """All columns of all rows; each name ends with its row's place."""
    return {
        f"{name}_{place}": value for place, row in enumerate(rows) for name, value in row.items()
    }


def _run(
    statement: str, parameters: Mapping[str, Any], read: Callable[[psycopg.Cursor], Answer]
) -> Answer:
    database = cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS])
    with database.wrap_database_errors:
        raw = _borrowed_from(database)
        try:
            raw.prepare_threshold = None if settings.DATABASE_POOLER else 0
            if database.queries_logged:
                # Whoever reads along sees these statements among Django's.
                database.queries_log.append({"sql": statement.strip(), "time": "0"})
            return read(_cursor_of(raw).execute(statement, parameters))
        finally:
            raw.prepare_threshold = None
            if raw is not database.connection:
                database.pool.putconn(raw)


def _borrowed_from(database: DatabaseWrapper) -> psycopg.Connection[Any]:
    """Django's own connection where it has one open; else the pool lends one for the statement. To
    open and to close one of Django's takes as long as to run a statement.
    """
    raw: psycopg.Connection[Any]
    if database.connection is None and database.pool is not None:
        raw = database.get_new_connection({})
    else:
        database.ensure_connection()
        raw = database.connection
    return raw


def _cursor_of(raw: psycopg.Connection[Any]) -> psycopg.Cursor:
    """One for all statements of a connection: it knows by now how to write each kind of parameter."""
    own: psycopg.Cursor | None = vars(raw).get("prepared_cursor")
    if own is None or own.closed:
        own = vars(raw)["prepared_cursor"] = psycopg.Cursor(raw)
    return own
