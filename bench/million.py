"""A campaign after seven months, with a million signatures, written by a few statements.

Their boxes are one and the same, and open for none of them: lists open no box.
"""

from __future__ import annotations

import time
import uuid
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from django_countries import countries

from petitions.models import (
    AuditEntry,
    Batch,
    DayFigure,
    Delivery,
    Office,
    Partner,
    Petition,
    Signature,
)
from petitions.models.clock import this_hour
from petitions.models.sealed import Details

ROWS = 1_000_000
HOURS = 30 * 7 * 24
WEEKS = 30
COUNTRIES = 60
OFFICES = 40
PARTNERS = 10
ENTRIES = 10_000

# As they come in: hour after hour, so that a row's place in the table follows its time. The first
# countries have most signers. 40% are public, of whom a tenth are shown; the last week is in no
# batch yet; one in 250 has an address that another's looks like.
_SIGNATURES = """
    INSERT INTO petitions_signature (id, petition_id, index, look_alike, sig_box, country,
        visibility, public_name, language, consent_version, confirmed_hour, batch_id, partner_id,
        quarantined, disposable)
    SELECT gen_random_uuid(), made.petition, sha256(made.n::text::bytea),
        sha256((CASE WHEN made.n %% 250 < 2 THEN made.n / 250 ELSE -made.n END)::text::bytea),
        CASE WHEN made.visibility = 'withheld' THEN NULL ELSE %(box)s END,
        (%(countries)s::text[])[1 + floor(%(n_countries)s * power(random(), 3))::int],
        made.visibility,
        CASE WHEN made.visibility = 'public' AND made.n %% 10 = 0
             THEN 'Supporter ' || made.n ELSE '' END,
        (ARRAY['en', 'uk', 'ru', 'be', 'de', 'fr', 'pl', 'lt'])[1 + floor(8 * random())::int],
        '2026-11-23', made.hour, batch.id,
        CASE WHEN made.n %% 20 = 0 THEN (%(partners)s::bigint[])[1 + made.n / 20 %% 10] END,
        made.n %% 100000 = 7, made.n %% 97 = 0
    FROM (
        SELECT n, (%(petitions)s::bigint[])[1 + floor(5 * power(random(), 2))::int] AS petition,
            (ARRAY['public', 'public', 'officials', 'officials', 'withheld'])
                [1 + floor(5 * random())::int] AS visibility,
            %(first)s::timestamptz + (n::bigint * %(hours)s / %(rows)s) * interval '1 hour' AS hour
        FROM generate_series(0, %(rows)s - 1) AS n
    ) AS made
    LEFT JOIN LATERAL (
        SELECT id FROM petitions_batch AS each
        WHERE each.petition_id = made.petition AND each.closed_at > made.hour
        ORDER BY each.closed_at LIMIT 1
    ) AS batch ON true
"""
_TALLIES = """
    INSERT INTO petitions_tally (petition_id, country, shard, count)
    SELECT petition_id, country, floor(16 * random())::int, count(*)
    FROM petitions_signature GROUP BY 1, 2
"""


def make_million(user: User) -> dict[str, float]:
    """Seconds that it took to write them, and to count them by day."""
    began = time.perf_counter()
    first = this_hour() - timedelta(hours=HOURS - 1)
    petitions = list(Petition.objects.order_by("number"))
    partners = Partner.objects.bulk_create(
        Partner(code=f"partner-{number}", name=f"Partner {number}") for number in range(PARTNERS)
    )
    _make_letters(petitions)
    box = Details(name="Supporter Number", comment="Please act soon.").seal(
        petition_id=petitions[0].pk, signature_id=uuid.uuid4()
    )
    with connection.cursor() as cursor:
        indexes = _set_aside_indexes(cursor)
        parameters = {
            "box": box,
            "countries": list(dict(countries))[:COUNTRIES],
            "n_countries": COUNTRIES,
            "partners": [each.pk for each in partners],
            "petitions": [each.pk for each in petitions],
            "first": first,
            "hours": HOURS,
            "rows": ROWS,
        }
        cursor.execute(_SIGNATURES, parameters)
        for index in indexes:
            cursor.execute(index)
        cursor.execute(_TALLIES)
        cursor.execute(
            "UPDATE petitions_batch b SET size = (SELECT count(*) FROM"
            " petitions_signature s WHERE s.batch_id = b.id)"
        )
    AuditEntry.objects.bulk_create(
        AuditEntry(at=timezone.now(), user=user, action="read", count=1, link=bytes(32))
        for _ in range(ENTRIES)
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    made = time.perf_counter()
    Signature.objects.mark_look_alikes()
    marked = time.perf_counter()
    DayFigure.objects.count_anew()
    counted = time.perf_counter()
    DayFigure.objects.count_anew(since=timezone.now().date() - timedelta(days=1))
    return {
        "made": made - began,
        "look_alikes": marked - made,
        "all_days": counted - marked,
        "two_days": time.perf_counter() - counted,
    }


def _set_aside_indexes(cursor: CursorWrapper) -> list[str]:
    """Drop the indexes that no constraint needs; the statements that make them again."""
    cursor.execute(
        """SELECT indexname, indexdef FROM pg_indexes
           WHERE tablename = 'petitions_signature' AND indexname NOT IN
               (SELECT conname FROM pg_constraint)"""
    )
    rows = cursor.fetchall()
    for name, _definition in rows:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for _name, definition in rows]


def _make_letters(petitions: list[Petition]) -> None:
    """A batch a week and petition, each sent to many offices."""
    now = timezone.now()
    offices = Office.objects.bulk_create(
        Office(
            name=f"Minister {number}",
            organisation="Ministry",
            country=list(dict(countries))[number],
            email=f"minister{number}@office.example",
        )
        for number in range(OFFICES)
    )
    batches = Batch.objects.bulk_create(
        Batch(petition=petition, number=WEEKS - week, size=0, closed_at=now - week * timedelta(7))
        for petition in petitions
        for week in range(1, WEEKS)
    )
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
