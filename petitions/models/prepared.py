"""Statements that run for every letter: PostgreSQL plans them once a connection, not each time.

Planning takes four times as long as running them. Django's own cursors put the parameters into the
text, so that no statement is ever the same again; psycopg must not count those, since it would keep
the texts of the last hundred in memory, whole files among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection


def run_prepared(statement: str, parameters: Mapping[str, Any]) -> int:
    """How many rows were changed."""
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    raw.prepare_threshold = 0
    try:
        with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
            cursor.execute(statement, parameters)
            return cursor.rowcount
    finally:
        raw.prepare_threshold = None
