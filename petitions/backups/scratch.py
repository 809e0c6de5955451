"""A database beside the site's own, in which a backup is tried."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg import sql


@contextmanager
def scratch_database() -> Iterator[None]:
    """Within, this process's database is an empty one, with the tables that the site's code wants.

    It is dropped afterwards; what a killed command left is dropped before. Not for threads.

    Raises:
        DatabaseError: the account may make no database, or another command is just in this one.
    """
    own = str(connection.settings_dict["NAME"])
    # PostgreSQL cuts longer names off, and two of them may then be one.
    name = f"{own[:55]}_scratch"
    _say("DROP DATABASE IF EXISTS {}", name)
    _say("CREATE DATABASE {}", name)
    try:
        _move_to(name)
        call_command("migrate", interactive=False, verbosity=0)
        yield
    finally:
        _move_to(own)
        _say("DROP DATABASE {}", name)


def _move_to(name: str) -> None:
    """For all of the code, as Django's own test runner does it: migrations may ask the default one."""
    default = connections[DEFAULT_DB_ALIAS]
    assert isinstance(default, DatabaseWrapper)  # noqa: S101 - the only one that is supported
    default.close()
    default.close_pool()
    default.settings_dict["NAME"] = name


def _say(statement: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(sql.Identifier(name)))
