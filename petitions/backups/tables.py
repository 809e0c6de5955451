"""What there is in a database, by PostgreSQL's own catalogue: other roles do not load all models."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import psycopg
from psycopg import sql

Raw: TypeAlias = psycopg.Connection[Any]
Columns: TypeAlias = list[str]

# Who was signed in or locked out is over by the time that a backup is needed. A made export would
# stay readable to its reader's own key, whatever is erased or destroyed later.
LEFT_OUT: Final = {
    "axes_accessattempt",
    "axes_accessattemptexpiration",
    "axes_accessfailurelog",
    "axes_accesslog",
    "django_session",
    "petitions_exportchunk",
    "usersessions_usersession",
}
MIGRATIONS: Final = "django_migrations"
MADE_BY_MIGRATING: Final = {"auth_permission", "django_content_type"}


def tables(raw: Raw) -> dict[str, Columns]:
    """Those that a backup holds, with the columns that are stored."""
    found = raw.execute(
        """SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attnum)
           FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
           WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
             AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
           GROUP BY c.relname ORDER BY c.relname"""
    )
    return {name: columns for name, columns in found if name not in {*LEFT_OUT, MIGRATIONS}}


def migrations(raw: Raw) -> list[str]:
    """What was applied; two databases with the same have the same tables."""
    query = sql.SQL("SELECT app || '.' || name FROM {}").format(sql.Identifier(MIGRATIONS))
    return sorted(name for (name,) in raw.execute(query))


def with_rows(raw: Raw) -> list[str]:
    """The tables that hold more than a database that was just migrated."""
    probes = [
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(name, sql.Identifier(name))
        for name in tables(raw)
        if name not in MADE_BY_MIGRATING
    ]
    return [name for (name,) in raw.execute(sql.SQL(" UNION ALL ").join(probes))]


def fingerprint(raw: Raw, table: str, columns: Columns) -> list[str]:
    """How many rows a table has, and a sum of their hashes, in which their order does not matter."""
    row = sql.SQL(", ").join(map(sql.Identifier, columns))
    query = sql.SQL(
        """SELECT count(*)::text, coalesce(sum((
               'x' || left(encode(sha256(convert_to(ROW({})::text, 'UTF8')), 'hex'), 16)
           )::bit(64)::bigint), 0)::text FROM {}"""
    )
    found = raw.execute(query.format(row, sql.Identifier(table))).fetchone()
    assert found is not None  # noqa: S101 - a count is always one row
    return list(found)


def write_values_alike(raw: Raw) -> None:
    """Until the transaction ends; a server or an account may have other ways to write them."""
    raw.execute(
        """SELECT set_config(name, value, true) FROM (VALUES
               ('TimeZone', 'UTC'), ('DateStyle', 'ISO, YMD'), ('IntervalStyle', 'postgres'),
               ('bytea_output', 'hex'), ('extra_float_digits', '1')
           ) AS settings (name, value)"""
    )


def sequences(raw: Raw) -> dict[str, int]:
    """The last number that each has given, where it has given one."""
    found = raw.execute(
        """SELECT relname::text, pg_sequence_last_value(oid) FROM pg_class
           WHERE relkind = 'S' AND relnamespace = current_schema()::regnamespace"""
    )
    return {name: last for name, last in found if last is not None}
