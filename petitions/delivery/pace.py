"""How fast letters may follow each other to one mail domain.

A domain's row says when it takes the next letter. Taking turns moves that time on in one UPDATE, so
that all workers together keep to the pace. A domain that got none for a while has saved up turns,
though no more than a sixth of a minute's: otherwise a queue that is looked at every few seconds
would miss its turns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from petitions.models import Delivery
from petitions.models.delivery import MAY_GO
from petitions.models.prepared import run_prepared

# Who waits for a turn looks again after this, however many wait before it.
LONGEST_WAIT = timedelta(hours=4)


@dataclass(frozen=True)
class Pace:
    """`saved` turns at once and then one a `gap`: together never more than the limit in a minute."""

    saved: int
    gap: timedelta


@dataclass(frozen=True)
class Late:
    """A domain to which no more letters may go now."""

    domain: str
    next_at: datetime


def pace() -> Pace | None:
    """What LETTERS_PER_DOMAIN_A_MINUTE says; None where there is no limit."""
    limit = settings.LETTERS_PER_DOMAIN_A_MINUTE
    return pace_of(limit) if limit > 0 else None


def pace_of(a_minute: int) -> Pace:
    saved = -(-a_minute // 6)
    return Pace(saved, timedelta(minutes=1) / (a_minute - saved + 1))


def take_turn(name: str, current: Pace, *, now: datetime) -> bool:
    """Whether it is the turn of one more, in a line that has a name of its own among the domains."""
    ((turns, _next_at),) = _move_on(Counter([name]), current, now=now).values()
    return turns == 1


def take_turns(
    deliveries: Sequence[Delivery], *, now: datetime
) -> tuple[list[Delivery], list[Late]]:
    """Those that may go now, in their order, and the domains of those that may not."""
    if (current := pace()) is None:
        return list(deliveries), []
    wanted = Counter(each.office.domain for each in deliveries)
    turns = _move_on(wanted, current, now=now)
    left = {domain: letters for domain, (letters, _) in turns.items()}
    may_go = []
    for each in deliveries:
        if left[each.office.domain]:
            left[each.office.domain] -= 1
            may_go.append(each)
    late = [
        Late(domain, next_at)
        for domain, (letters, next_at) in turns.items()
        if letters < wanted[domain]
    ]
    return may_go, late


def _move_on(
    wanted: Counter[str], current: Pace, *, now: datetime
) -> dict[str, tuple[int, datetime]]:
    """How many letters each domain takes now, and when it takes the next."""
    names = sorted(wanted)
    parameters: dict[str, Any] = {
        "names": names,
        "wanted": [wanted[name] for name in names],
        "now": now,
        "saved_since": now - current.gap * (current.saved - 1),
        "latest": now + current.gap,
        "gap": current.gap,
    }
    with connection.cursor() as cursor:
        cursor.execute(NEW_DOMAINS, parameters)
        cursor.execute(TAKE_TURNS, parameters)
        return {name: (letters, next_at) for name, letters, next_at in cursor.fetchall()}


NEW_DOMAINS = """
INSERT INTO petitions_receivingdomain (name, next_at)
SELECT unnest(%(names)s::text[]), %(saved_since)s
ON CONFLICT DO NOTHING
"""

# No honest time lies later than a gap from now: what does was written while the clock went ahead.
TAKE_TURNS = """
WITH held AS (
    SELECT name, wanted, greatest(least(next_at, %(latest)s), %(saved_since)s) AS free_at
    FROM unnest(%(names)s::text[], %(wanted)s::int[]) AS asked (name, wanted)
    JOIN petitions_receivingdomain AS domain USING (name)
    ORDER BY name
    FOR UPDATE OF domain
), turns AS (
    SELECT name, free_at, CASE WHEN free_at > %(now)s THEN 0 ELSE least(
        wanted, 1 + floor(extract(epoch FROM %(now)s - free_at) / extract(epoch FROM %(gap)s))::int
    ) END AS letters
    FROM held
)
UPDATE petitions_receivingdomain AS domain
SET next_at = free_at + letters * %(gap)s
FROM turns WHERE turns.name = domain.name
RETURNING domain.name, letters, next_at
"""


def put_off(late: Sequence[Late], *, now: datetime, at_any_hour: bool) -> None:
    """Let all that is due to these domains wait, one turn behind the other.

    Nothing is promised by it, whoever comes up must take its turn: but otherwise all of them would
    be looked at and put off again at each turn.
    """
    if (current := pace()) is None:
        return
    for each in late:
        run_prepared(
            PUT_OFF,
            {
                "domain": each.domain,
                "next_at": each.next_at,
                "now": now,
                "at_any_hour": at_any_hour,
                "gap": current.gap,
                "longest": LONGEST_WAIT,
            },
        )


PUT_OFF = """
WITH waiting AS (
    SELECT d.id, d.due_at
    FROM petitions_delivery AS d JOIN petitions_office AS office ON office.id = d.office_id
    WHERE d.state = 'ready' AND office.domain = %(domain)s
      AND (d.due_at <= %(now)s OR %(at_any_hour)s AND d.waits_for_hours)
      AND {may_go}
    FOR UPDATE OF d SKIP LOCKED
), in_line AS (
    SELECT id, row_number() OVER (ORDER BY due_at, id) - 1 AS place FROM waiting
)
UPDATE petitions_delivery AS d
SET due_at = %(next_at)s + least(place * %(gap)s, %(longest)s), waits_for_hours = false
FROM in_line WHERE in_line.id = d.id
""".format(may_go=MAY_GO.format(batch="d.batch_id", office="d.office_id"))  # noqa: S608 - our own words
