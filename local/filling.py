"""A campaign after seven months, with as many signatures as one likes, written in one transaction.

One session makes the rows, another one stores them by COPY, so that two cores are busy. Indexes and
keys are set aside meanwhile and built when all rows are there. Whatever ends it, all of it is there
or nothing.

The boxes are one and the same, and open for none of the signatures: lists and figures open no box.
"""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django_countries import countries

from petitions.models import Batch, DayFigure, Delivery, Office, Partner, Petition, Signature
from petitions.models.clock import this_hour
from petitions.models.sealed import Details

WEEKS = 30
HOURS = WEEKS * 7 * 24
COUNTRIES = 60
OFFICES = 40
PARTNERS = 10
ROWS_AT_ONCE = 250_000
# What a row takes beside its box: itself, its entries in the indexes, and its share of the log.
BYTES_OF_A_ROW = 1000

# As they come in: hour after hour, so that a row's place in the table follows its time. The first
# countries have most signers, the first petitions most signatures. 40% are public, of whom a tenth
# are shown; the last week is in no batch yet; one in 250 has an address that another's looks like.
_COLUMNS = """id, petition_id, index, look_alike, sig_box, country, visibility, public_name,
    language, consent_version, confirmed_hour, batch_id, partner_id, quarantined, disposable"""
_ROWS = """
    SELECT gen_random_uuid(), (%(petitions)s::bigint[])[made.place],
        sha256((%(salt)s || made.n)::bytea),
        sha256((%(salt)s || CASE WHEN made.n %% 250 < 2 THEN made.n / 250 ELSE -made.n END)::bytea),
        CASE WHEN made.visibility = 'withheld' THEN NULL ELSE %(box)s::bytea END,
        (%(countries)s::text[])[1 + floor(%(n_countries)s * power(random(), 3))::int],
        made.visibility,
        CASE WHEN made.visibility = 'public' AND made.n %% 10 = 0
             THEN 'Supporter ' || made.n ELSE '' END,
        (ARRAY['en', 'uk', 'ru', 'be', 'de', 'fr', 'pl', 'lt'])[1 + floor(8 * random())::int],
        '2026-11-23',
        %(first)s::timestamptz + made.n * %(hours)s / %(rows)s * interval '1 hour',
        (%(batches)s::bigint[])[(made.place - 1) * %(weeks)s + 1 + made.n * %(weeks)s / %(rows)s],
        CASE WHEN made.n %% 20 = 0
             THEN (%(partners)s::bigint[])[(1 + made.n / 20 %% %(n_partners)s)::int] END,
        made.n %% 100000 = 7, made.n %% 97 = 0
    FROM (
        SELECT n, 1 + floor(%(n_petitions)s * power(random(), 2))::int AS place,
            (ARRAY['public', 'public', 'officials', 'officials', 'withheld'])
                [1 + floor(5 * random())::int] AS visibility
        FROM generate_series(%(start)s::bigint, %(end)s::bigint - 1) AS n
    ) AS made
"""
_TALLIES = """
    INSERT INTO petitions_tally (petition_id, country, shard, count, held)
    SELECT petition_id, country, floor(16 * random())::int,
        count(*) FILTER (WHERE hold_id IS NULL), count(*) FILTER (WHERE hold_id IS NOT NULL)
    FROM petitions_signature GROUP BY 1, 2
"""
# Foreign keys go before the keys that they lean on, and come back after them.
_CONSTRAINTS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
    FROM pg_constraint
    WHERE (conrelid = 'petitions_signature'::regclass AND contype IN ('p', 'u', 'f'))
       OR (confrelid = 'petitions_signature'::regclass AND contype = 'f')
    ORDER BY contype = 'p', contype = 'u', conname
"""
_INDEXES = """
    SELECT quote_ident(indexname), indexdef FROM pg_indexes
    WHERE schemaname = current_schema() AND tablename = 'petitions_signature'
"""


class CanNotFill(Exception):
    """Why, in words for the person at the terminal."""


@dataclass
class Filled:
    """How many seconds each part took."""

    rows: int
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[part] = time.perf_counter() - began


def fill(
    rows: int, *, more: bool = False, tell: Callable[[int, float], object] = lambda *_: None
) -> Filled:
    """Add so many signatures; `tell` hears how many are stored, and after how many seconds.

    Raises:
        CanNotFill: there is no petition, there are signatures already and `more` is not asked for,
            or the disk is too small.
    """
    petitions = list(Petition.objects.order_by("number"))
    _refuse_what_can_not_be(rows, petitions, more=more)
    filled = Filled(rows)
    with transaction.atomic():
        parameters = _parameters(petitions, rows)
        with filled.timed("rows"), _indexes_set_aside(filled):
            _copy(rows, parameters, tell)
        with filled.timed("tallies"), connection.cursor() as cursor:
            cursor.execute("DELETE FROM petitions_tally")
            cursor.execute(_TALLIES)
            cursor.execute(
                "UPDATE petitions_batch SET size = found.size FROM (SELECT batch_id, count(*) AS"
                " size FROM petitions_signature GROUP BY 1) AS found WHERE id = found.batch_id"
            )
    filled.seconds["rows"] -= filled.seconds["indexes"]
    with filled.timed("vacuum"), connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    with filled.timed("look_alikes"):
        Signature.objects.mark_look_alikes()
    with filled.timed("figures"):
        DayFigure.objects.count_anew()
    return filled


def _refuse_what_can_not_be(rows: int, petitions: list[Petition], *, more: bool) -> None:
    if rows < WEEKS:
        raise CanNotFill(f"Fewer than {WEEKS} signatures fill no campaign.")
    if not petitions:
        raise CanNotFill("There is no petition to sign: run 'manage.py load_campaign' first.")
    if not more and Signature.objects.exists():
        raise CanNotFill("There are signatures already: --more adds to them.")
    free, needed = free_bytes(), rows * (len(_box(petitions[0])) + BYTES_OF_A_ROW)
    if free is not None and free < needed:
        raise CanNotFill(
            f"It takes {needed / 1e9:.1f} GB of disk, and PostgreSQL has {free / 1e9:.1f} GB left."
        )


def free_bytes() -> int | None:
    """On PostgreSQL's disk; None where it is another machine's, or may not be looked at."""
    if not connection.settings_dict["HOST"].startswith("/"):
        return None
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        (folder,) = cursor.fetchone()
    try:
        return shutil.disk_usage(Path(folder)).free
    except OSError:
        return None


# --- What the rows lean on


def _parameters(petitions: list[Petition], rows: int) -> dict[str, Any]:
    partners = list(Partner.objects.order_by("pk")) or _make_partners()
    batches = _make_batches(petitions)
    _make_deliveries([each for some in batches for each in some])
    return {
        "salt": uuid.uuid4().hex,
        "box": _box(petitions[0]),
        "countries": list(dict(countries))[:COUNTRIES],
        "n_countries": COUNTRIES,
        "petitions": [each.pk for each in petitions],
        "n_petitions": len(petitions),
        "partners": [each.pk for each in partners],
        "n_partners": len(partners),
        # The last week's are in none.
        "batches": [pk for some in batches for pk in (*(each.pk for each in some), None)],
        "weeks": WEEKS,
        "first": this_hour() - timedelta(hours=HOURS - 1),
        "hours": HOURS,
        "rows": rows,
    }


def _box(petition: Petition) -> bytes:
    details = Details(name="Supporter Number", comment="Please act soon.")
    return details.seal(petition_id=petition.pk, signature_id=uuid.uuid4())


def _make_partners() -> list[Partner]:
    return Partner.objects.bulk_create(
        Partner(code=f"partner-{number}", name=f"Partner {number}") for number in range(PARTNERS)
    )


def _make_batches(petitions: list[Petition]) -> list[list[Batch]]:
    """Of each petition one a week, but for the last week."""
    now = timezone.now()
    return [
        Batch.objects.bulk_create(
            Batch(
                petition=petition,
                number=Batch.objects.filter(petition=petition).count() + week,
                size=0,
                closed_at=_end_of(week, now=now),
            )
            for week in range(1, WEEKS)
        )
        for petition in petitions
    ]


def _end_of(week: int, *, now: datetime) -> datetime:
    return now - (WEEKS - week) * timedelta(7)


def _make_deliveries(batches: list[Batch]) -> None:
    """Each batch was sent to many offices."""
    offices = list(Office.objects.order_by("pk")[:OFFICES])
    offices += _make_offices(OFFICES - len(offices))
    Delivery.objects.bulk_create(
        Delivery(
            batch=batch,
            office=office,
            state=Delivery.State.SENT,
            message_id=f"<{batch.pk}.{office.pk}@fiveasks.example>",
            due_at=batch.closed_at,
            sent_at=batch.closed_at,
        )
        for batch in batches
        for office in offices
    )


def _make_offices(count: int) -> list[Office]:
    return Office.objects.bulk_create(
        Office(
            name=f"Minister {number}",
            organisation="Ministry",
            country=list(dict(countries))[number],
            email=f"minister{number}@office.example",
        )
        for number in range(count)
    )


# --- The rows


def _copy(rows: int, parameters: dict[str, Any], tell: Callable[[int, float], object]) -> None:
    began = time.perf_counter()
    maker = connection.copy()
    with closing(maker), connection.cursor() as cursor:
        maker.ensure_connection()
        for start in range(0, rows, ROWS_AT_ONCE):
            end = min(start + ROWS_AT_ONCE, rows)
            with (
                maker.connection.cursor() as source,
                source.copy(
                    f"COPY ({_ROWS}) TO STDOUT (FORMAT binary)",
                    {**parameters, "start": start, "end": end},
                ) as made,
                cursor.copy(
                    f"COPY petitions_signature ({_COLUMNS}) FROM STDIN (FORMAT binary)"
                ) as stored,
            ):
                for piece in made:
                    stored.write(piece)
            tell(end, time.perf_counter() - began)


@contextmanager
def _indexes_set_aside(filled: Filled) -> Iterator[None]:
    """Drop them with the keys, and build them when the rows are there."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("LOCK petitions_signature IN ACCESS EXCLUSIVE MODE")
        cursor.execute(_CONSTRAINTS)
        constraints = cursor.fetchall()
        for table, name, _definition in constraints:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        cursor.execute(_INDEXES)
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        with filled.timed("indexes"):
            cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
            for _name, definition in indexes:
                cursor.execute(definition)
            for table, name, definition in reversed(constraints):
                cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
