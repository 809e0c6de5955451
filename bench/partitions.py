"""Whether it pays to part the table of signatures by petition: the same rows in one table and in parts.

`PARTED_ROWS=5000000 make bench ARGS=partitions` takes another number than a million.
"""

from __future__ import annotations

import os
import random
import re
import statistics
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from bench.compare import Figure
from local.filling import fill
from petitions.models import Petition

ROWS = int(os.environ.get("PARTED_ROWS", "1000000"))
ROUNDS = 5
INSERTS = 1000
ONE, PARTED = "petitions_signature", "parted_signature"
_COLUMNS = """id, petition_id, index, look_alike, sig_box, country, visibility, public_name,
    language, consent_version, confirmed_hour, quarantined, disposable"""


def measure_partitions() -> dict[str, Figure]:
    seconds = fill(ROWS).seconds
    parts = ", ".join(f"{part} {taken:.0f}" for part, taken in seconds.items())
    print(f"\n{ROWS:,} signatures in {sum(seconds.values()):.0f} s ({parts}).")
    petitions = list(Petition.objects.order_by("number").values_list("pk", flat=True))
    began = time.perf_counter()
    _make_parted(petitions)
    print(f"The same in {len(petitions)} parts in {time.perf_counter() - began:.0f} s.")
    for table in (ONE, PARTED):
        print(f"{table}: {_size(table) / 1e6:,.0f} MB")
    return _report({name: _times(work, petitions) for name, work in _WORK.items()})


def _make_parted(petitions: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {PARTED}")
        cursor.execute(
            f"CREATE TABLE {PARTED} (LIKE {ONE} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
            " PARTITION BY LIST (petition_id)"
        )
        for pk in petitions:
            cursor.execute(f"CREATE TABLE {PARTED}_{pk} PARTITION OF {PARTED} FOR VALUES IN ({pk})")
        cursor.execute(f"INSERT INTO {PARTED} SELECT * FROM {ONE}")
        for definition in _indexes(cursor):
            cursor.execute(definition)
        for name, definition in _foreign_keys(cursor):
            cursor.execute(f'ALTER TABLE {PARTED} ADD CONSTRAINT "{name}" {definition}')
        cursor.execute("VACUUM ANALYZE")


def _indexes(cursor: Any) -> list[str]:
    """The same ones; a key must hold what the table is parted by."""
    cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [ONE])
    return [
        re.sub(r"INDEX \S+ ON \S+", f"INDEX ON {PARTED}", definition).replace(
            "(id)", "(id, petition_id)"
        )
        for (definition,) in cursor.fetchall()
    ]


def _foreign_keys(cursor: Any) -> list[tuple[str, str]]:
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype = 'f'",
        [ONE],
    )
    found: list[tuple[str, str]] = cursor.fetchall()
    return found


def _size(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(pg_total_relation_size(relid)), 0) FROM pg_partition_tree(%s)",
            [table],
        )
        (size,) = cursor.fetchone()
        if not size:
            cursor.execute("SELECT pg_total_relation_size(%s)", [table])
            (size,) = cursor.fetchone()
    return int(size)


# --- What is done with them


def _confirm(table: str, petitions: list[int]) -> None:
    """Each in a transaction of its own, as a confirmed form is stored."""
    statement = (
        f"INSERT INTO {table} ({_COLUMNS}) SELECT %s, %s, %s, %s, sig_box, country, visibility,"
        " '', language, consent_version, date_trunc('hour', now()), false, false"
        f" FROM {ONE} WHERE id = %s ON CONFLICT DO NOTHING"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {ONE} WHERE sig_box IS NOT NULL LIMIT 1")
        (like,) = cursor.fetchone()
        for _ in range(INSERTS):
            index, twin = os.urandom(32), os.urandom(32)
            pk = random.choice(petitions)  # noqa: S311 - a benchmark's dice
            cursor.execute(statement, [uuid.uuid4(), pk, index, twin, like])


def _close(table: str, petitions: list[int]) -> None:
    """A batch of the largest petition, taken back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET batch_id = (SELECT min(id) FROM petitions_batch WHERE"
            " petition_id = %s) WHERE petition_id = %s AND batch_id IS NULL AND hold_id IS NULL",
            [petitions[0], petitions[0]],
        )
        transaction.set_rollback(True)


def _ask(where: str) -> Callable[[str, list[int]], None]:
    def ask(table: str, petitions: list[int]) -> None:
        with connection.cursor() as cursor:
            for _ in range(20):
                cursor.execute(
                    f"SELECT id, country, confirmed_hour FROM {table} {where}"
                    " ORDER BY confirmed_hour DESC, id LIMIT 50",
                    {"petition": petitions[-1]},
                )
                cursor.fetchall()

    return ask


def _find(table: str, _petitions: list[int]) -> None:
    """By references that are there, as a receipt or the search does."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {ONE} TABLESAMPLE SYSTEM (1) LIMIT 500")
        for (reference,) in cursor.fetchall():
            cursor.execute(f"SELECT country FROM {table} WHERE id = %s", [reference])


def _count_days(table: str, _petitions: list[int]) -> None:
    """As figures are counted of all days."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT confirmed_hour::date, petition_id, count(*) FROM {table}"
            " WHERE hold_id IS NULL GROUP BY 1, 2"
        )
        cursor.fetchall()


_WORK = {
    f"{INSERTS} confirmations": _confirm,
    "a batch closed": _close,
    "newest of all, 20 times": _ask(""),
    "newest of one petition, 20 times": _ask("WHERE petition_id = %(petition)s"),
    "newest of a country, 20 times": _ask("WHERE country = 'AL'"),
    "500 references": _find,
    "counted by day": _count_days,
}


def _times(work: Callable[[str, list[int]], None], petitions: list[int]) -> dict[str, float]:
    """The medians in seconds; both tables take turns."""
    times: dict[str, list[float]] = {ONE: [], PARTED: []}
    for _ in range(ROUNDS):
        for table, taken in times.items():
            began = time.perf_counter()
            work(table, petitions)
            taken.append(time.perf_counter() - began)
    return {table: statistics.median(taken) for table, taken in times.items()}


def _report(times: dict[str, dict[str, float]]) -> dict[str, Figure]:
    print(f"{'':>34}{'one, ms':>10}{'parted':>10}{'share':>8}")
    for name, medians in times.items():
        one, parted = medians[ONE] * 1000, medians[PARTED] * 1000
        print(f"{name:>34}{one:>10.0f}{parted:>10.0f}{parted / one:>8.2f}")
    return {
        f"parted_{name.replace(' ', '_').replace(',', '')}": {
            "value": round(medians[PARTED] / medians[ONE], 3),
            "unit": "of one table",
        }
        for name, medians in times.items()
    }
