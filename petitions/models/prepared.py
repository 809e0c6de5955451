"""Statements that run for every form, confirmation or letter: PostgreSQL plans them once a
connection, not each time.

Planning takes four times as long as running them. Django's own cursors put the parameters into the
text, so that no statement is ever the same again; psycopg must not count those, since it would keep
the texts of the last hundred in memory, whole files among them. Behind a pooler each transaction
may be another session's, which knows none of them: nothing is prepared there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql.base import DatabaseWrapper


def run_prepared(statement: str, parameters: Mapping[str, Any]) -> int:
    """How many rows were changed."""
    with _prepared(statement, parameters) as cursor:
        return cursor.rowcount


def read_prepared(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What the statement returns."""
    with _prepared(statement, parameters) as cursor:
        return cursor.fetchall()


@contextmanager
def _prepared(statement: str, parameters: Mapping[str, Any]) -> Iterator[psycopg.Cursor]:
    database = cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS])
    with database.wrap_database_errors, _raw_connection(database) as raw:
        raw.prepare_threshold = None if settings.DATABASE_POOLER else 0
        try:
            if database.queries_logged:
                # Whoever reads along sees these statements among Django's.
                database.queries_log.append({"sql": statement.strip(), "time": "0"})
            yield _cursor_of(raw).execute(statement, parameters)
        finally:
            raw.prepare_threshold = None


def _cursor_of(raw: psycopg.Connection[Any]) -> psycopg.Cursor:
    """One for all statements of a connection: it knows by now how to write each kind of parameter."""
    own: psycopg.Cursor | None = vars(raw).get("prepared_cursor")
    if own is None or own.closed:
        own = vars(raw)["prepared_cursor"] = psycopg.Cursor(raw)
    return own


@contextmanager
def _raw_connection(database: DatabaseWrapper) -> Iterator[psycopg.Connection[Any]]:
    """Django's own where it has one open; else the pool lends one for the statement. To open and to
    close one of Django's takes as long as to run a statement.
    """
    if database.connection is not None or database.pool is None:
        database.ensure_connection()
        yield database.connection
        return
    raw = database.get_new_connection({})
    try:
        yield raw
    finally:
        database.pool.putconn(raw)
