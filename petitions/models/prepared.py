"""Statements that run for every letter: PostgreSQL plans them once a connection, not each time.

Planning takes four times as long as running them. Django's own cursors put the parameters into the
text, so that no statement is ever the same again; psycopg must not count those, since it would keep
the texts of the last hundred in memory, whole files among them. Behind a pooler each transaction
may be another session's, which knows none of them: nothing is prepared there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection


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
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    raw.prepare_threshold = None if settings.DATABASE_POOLER else 0
    try:
        with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
            if connection.queries_logged:
                # Whoever reads along sees these statements among Django's.
                connection.queries_log.append({"sql": statement.strip(), "time": "0"})
            yield cursor.execute(statement, parameters)
    finally:
        raw.prepare_threshold = None
