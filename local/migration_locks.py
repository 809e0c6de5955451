"""Migrations that would keep people from signing: what PostgreSQL does by them to a table of millions.

It looks at the SQL. Tables that the same migration makes are empty, and may be treated as one likes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser

APP = "petitions"
# These ran before there was anything to sign; no database is so full that has not run them.
LAST_ON_AN_EMPTY_SITE = 30
# By name, why one may do what is said here all the same, for example: the table is small for ever.
MAY_LOCK = {
    "0031_ledger": "it indexes batches, of which there are some each week",
}

_TABLE = re.compile(r'(?:ALTER TABLE|CREATE TABLE|UPDATE|DELETE FROM) (?:ONLY )?"?(\w+)"?')
_INDEXED = re.compile(r'INDEX .* ON "?(\w+)"?')
_RULES = [
    (
        r'ADD COLUMN .* DEFAULT \(?"?(?!(?i:now|(statement|transaction)_timestamp)\()\w+"?\(',
        "a new column's default differs from row to row: PostgreSQL writes the whole table anew",
    ),
    (
        r"ADD CONSTRAINT (?!.*NOT VALID).* (CHECK|FOREIGN KEY)\b",
        "a constraint reads the whole table: add it NOT VALID, and validate it in a later migration",
    ),
    (
        r"^(UPDATE|DELETE FROM) ",
        "rows are changed in one transaction: change them in steps, by a command or a tick",
    ),
    (r"\bLOCK TABLE\b|^VACUUM FULL|^CLUSTER\b", "it locks a table by name"),
]


def dangers() -> dict[str, list[str]]:
    """By migration, what each does that locks a full table for long, or breaks running processes."""
    found = {name: list(problems_of(sql_of(name))) for name in _later_migrations()}
    return {name: problems for name, problems in found.items() if problems and name not in MAY_LOCK}


def problems_of(statements: list[str]) -> Iterator[str]:
    new = {_TABLE.search(each)[1] for each in statements if each.startswith("CREATE TABLE")}  # type: ignore[index]  # it names one
    old = [each for each in statements if not _is_about(each, new)]
    analyser = PostgresqlAnalyser(exclude_migration_tests=[])
    analyser.analyse(old)
    for issue in [*analyser.errors, *analyser.warnings]:
        yield f"{issue.code}: {issue.message}"
    for pattern, words in _RULES:
        if any(re.search(pattern, each) for each in old):
            yield words


def _is_about(statement: str, tables: set[str]) -> bool:
    found = _TABLE.search(statement) or _INDEXED.search(statement)
    return found is not None and found[1] in tables


def _later_migrations() -> list[str]:
    loader = MigrationLoader(connection)
    names = sorted(name for app, name in loader.disk_migrations if app == APP)
    return [name for name in names if int(name[:4]) > LAST_ON_AN_EMPTY_SITE]


def sql_of(name: str) -> list[str]:
    out = StringIO()
    call_command("sqlmigrate", APP, name, no_color=True, stdout=out)
    return [
        line for line in out.getvalue().splitlines() if line.strip() and not line.startswith("--")
    ]
