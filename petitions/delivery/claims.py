"""Who holds a delivery, and how it changes hands. Every move is one conditional UPDATE.

    ready -> sending -> committing -> sent | failed | ready (refused for now) | uncertain

A worker holds a delivery by its fence, a number that each claim raises; a worker that slept past
its lease finds that its UPDATE changes no row, and stops. The clock is the database's, and may
jump: see `_mistrust_the_clock`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q

from petitions.delivery import pace
from petitions.delivery.hours import next_open_moment
from petitions.delivery.relays import Answer, relay
from petitions.models import Delivery
from petitions.models.clock import database_now, jitter
from petitions.models.delivery import MAY_GO
from petitions.models.prepared import read_prepared, run_prepared

State = Delivery.State
HELD = (State.SENDING, State.COMMITTING, State.UNCERTAIN)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=4)
# The pauses after refusals and network faults, all in all; then it is given up.
TRIED_FOR = timedelta(days=5)
# No honest time lies further ahead: a jittered pause or a turn, and a weekend with its nights.
FURTHEST_PAUSE = timedelta(hours=5)
FURTHEST_OPENING = timedelta(days=3)


class LeaseLost(Exception):
    """This worker was away for too long; the letter is no longer its to send."""


def lease() -> timedelta:
    """How long a worker may be silent: as long as the relay keeps a silent connection."""
    return timedelta(seconds=settings.RELAY_TIMEOUT)


# --- Claiming


def claim(count: int, *, at_any_hour: bool = False) -> list[Delivery]:
    """Take up to `count` of those that have been due longest, passing over what others are taking.

    Those whose office has closed meanwhile are put off until it opens, unless `at_any_hour`; those
    whose mail domain gets no more letters now, until it is their turn.
    """
    while (taken := _take(count, at_any_hour=at_any_hour)) == []:
        pass
    return taken or []


@transaction.atomic
def _take(count: int, *, at_any_hour: bool) -> list[Delivery] | None:
    """Of the first that are due: take those that may go now, put off the others.

    None where nothing is due.
    """
    now = database_now()
    due = Delivery.objects.due(now=now, at_any_hour=at_any_hour)
    due = due.select_related("office", "office_page")
    locked = due.select_for_update(skip_locked=True, of=("self",))
    # What letters share is fetched once for all of them.
    found = list(locked.prefetch_related("batch__petition__texts", "office__names")[:count])
    if not found:
        return None
    awake = found if at_any_hour else _let_others_sleep(found, now=now)
    taken, late = pace.take_turns(awake, now=now)
    _mark(taken, now=now)
    pace.put_off(late, now=now, at_any_hour=at_any_hour)
    return taken


def _let_others_sleep(found: Sequence[Delivery], *, now: datetime) -> list[Delivery]:
    """Put off those whose office is closed, with all in its time zone; the rest is awake."""
    zones = {each.office.time_zone for each in found}
    opens_at = {zone: next_open_moment(zone, now) for zone in zones}
    for zone in zones:
        if opens_at[zone] > now:
            sleeping = Delivery.objects.due(now=now).filter(office__time_zone=zone)
            rows = sleeping.select_for_update(skip_locked=True, of=("self",)).values_list("pk")
            Delivery.objects.filter(pk__in=[pk for (pk,) in rows]).update(
                due_at=opens_at[zone], waits_for_hours=True
            )
    return [each for each in found if opens_at[each.office.time_zone] <= now]


def _mark(deliveries: Sequence[Delivery], *, now: datetime) -> None:
    """As this worker's; their rows are locked."""
    lease_until = now + lease()
    Delivery.objects.filter(pk__in=[each.pk for each in deliveries]).update(
        state=State.SENDING,
        fence=F("fence") + 1,
        tries=F("tries") + 1,
        waits_for_hours=False,
        lease_until=lease_until,
    )
    for each in deliveries:
        each.state = State.SENDING
        each.fence += 1
        each.tries += 1
        each.waits_for_hours = False
        each.lease_until = lease_until


def give_back(deliveries: Sequence[Delivery]) -> None:
    """What was claimed and not begun, be it committed to or not; no try is counted."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE petitions_delivery AS d
            SET state = 'ready', tries = tries - 1, lease_until = NULL
            FROM unnest(%s::bigint[], %s::int[]) AS held (id, fence)
            WHERE d.id = held.id AND d.fence = held.fence AND d.state IN ('sending', 'committing')
            """,
            [[each.pk for each in deliveries], [each.fence for each in deliveries]],
        )


# --- Handing over


def commit_to_sending(
    deliveries: Sequence[Delivery],
) -> tuple[list[Delivery], Callable[[], None]]:
    """The point of no return just before the first DATA.

    Gives those that are still held and may go; what was paused meanwhile is ready again. And a
    guard that raises `LeaseLost` once the new lease is over, by this machine's clock alone: a
    worker that was asleep must not need the database to know it.
    """
    lost_at = time.monotonic() + lease().total_seconds()
    rows = read_prepared(
        COMMIT,
        {
            "ids": [each.pk for each in deliveries],
            "fences": [each.fence for each in deliveries],
            "addresses": [each.office.email for each in deliveries],
            "lease": lease(),
        },
    )
    committed = {pk for (pk,) in rows}
    if others := [each for each in deliveries if each.pk not in committed]:
        give_back(others)

    def still_held() -> None:
        if time.monotonic() > lost_at:
            raise LeaseLost

    return [each for each in deliveries if each.pk in committed], still_held


# In SQL, since each letter pays for it: the ORM takes ten times as long as a prepared statement.
COMMIT = """
UPDATE petitions_delivery AS d
SET state = 'committing', committed_at = clock_timestamp(), sent_to = held.address,
    lease_until = clock_timestamp() + %(lease)s
FROM unnest(%(ids)s::bigint[], %(fences)s::int[], %(addresses)s::text[])
    AS held (id, fence, address)
WHERE d.id = held.id AND d.fence = held.fence AND d.state = 'sending'
  AND {may_go}
RETURNING d.id
""".format(may_go=MAY_GO.format(batch="d.batch_id", office="d.office_id"))


# --- Settling: the move and its line in the history are one statement


def settle_sent(taken: Sequence[tuple[Delivery, str]]) -> None:
    """Those that the relay took, each with its words."""
    # The sweeper may have doubted it meanwhile; the relay's word is better. Where the relay can be
    # asked, the disk need not be waited for: after a crash of PostgreSQL that is what happens.
    among = (State.COMMITTING, State.UNCERTAIN)
    _settle(taken, among, State.SENT, at_leisure=bool(settings.RELAY_URL))


def settle_failed(delivery: Delivery, words: str) -> None:
    _settle([(delivery, words)], HELD, State.FAILED)


def settle_for_later(delivery: Delivery, words: str) -> None:
    """Refused for now, or interrupted: it comes up after a pause, until it has had days of them."""
    pause = pause_after(delivery.tries)
    if delivery.put_off_for + pause > TRIED_FOR:
        settle_failed(delivery, words)
        return
    _settle([(delivery, words)], HELD, State.READY, pause=pause, put_off_for=pause)


def settle_for_when_we_can(delivery: Delivery, words: str) -> None:
    """The fault is ours, not a mail server's: it is tried until somebody has mended it."""
    pause = pause_after(delivery.tries)
    _settle([(delivery, words)], (State.SENDING,), State.READY, pause=pause)
    settle_uncertain(delivery, words)


def settle_unreached(delivery: Delivery, words: str) -> None:
    """No connection to the relay: no try is counted and the pause does not grow, but it counts.

    An outage is one event, however often it is met.
    """
    pause = pause_after(1)
    if delivery.put_off_for + pause > TRIED_FOR:
        settle_failed(delivery, words)
        return
    _settle(
        [(delivery, words)],
        (State.SENDING, State.COMMITTING),
        State.READY,
        pause=pause,
        put_off_for=pause,
        untried=1,
        told=delivery.reply == words,
    )


def settle_uncertain(delivery: Delivery, words: str) -> None:
    _settle([(delivery, words)], (State.COMMITTING,), State.UNCERTAIN, lease=lease())


def pause_after(tries: int) -> timedelta:
    """1 minute, 2, 4 … 4 hours; jittered, so that letters do not come up all at once."""
    pause = min(FIRST_PAUSE * (1 << min(tries - 1, 20)), LONGEST_PAUSE)
    return pause * jitter()


def _settle(
    deliveries: Sequence[tuple[Delivery, str]], among: Sequence[State], state: State, **more: Any
) -> None:
    """Those that are still this worker's, and in one of these states, each in its words. `more`:

    `pause` until it is due, `put_off_for` what of it counts, `lease` of who finds out, `untried` 1
    if the try is not to be counted, `told` if its history has these words already, `lapsed_at` for
    somebody else's whose lease was over then, `at_leisure` if a crash may undo it.
    """
    usual = {"pause": None, "put_off_for": timedelta(), "lease": None, "untried": 0}
    run_prepared(
        SETTLE,
        {
            **usual,
            "told": False,
            "lapsed_at": None,
            "at_leisure": False,
            **more,
            "ids": [delivery.pk for delivery, _ in deliveries],
            "fences": [delivery.fence for delivery, _ in deliveries],
            "words": [words for _, words in deliveries],
            "among": [each.value for each in among],
            "state": state.value,
            "sent": state == State.SENT,
        },
    )


SETTLE = """
WITH settled AS (
    UPDATE petitions_delivery AS d
    SET state = %(state)s, reply = held.words, tries = tries - %(untried)s,
        lease_until = clock_timestamp() + %(lease)s::interval,
        due_at = coalesce(clock_timestamp() + %(pause)s::interval, due_at),
        put_off_for = put_off_for + %(put_off_for)s,
        sent_at = CASE WHEN %(sent)s THEN clock_timestamp() ELSE sent_at END
    FROM unnest(%(ids)s::bigint[], %(fences)s::int[], %(words)s::text[])
        AS held (id, fence, words)
    WHERE d.id = held.id AND d.fence = held.fence AND state = ANY(%(among)s)
      AND (%(lapsed_at)s::timestamptz IS NULL OR lease_until <= %(lapsed_at)s)
    RETURNING d.id, state, tries, reply,
        CASE WHEN %(at_leisure)s THEN set_config('synchronous_commit', 'off', true) END
)
INSERT INTO petitions_deliveryevent (delivery_id, at, state, try_number, words)
SELECT id, clock_timestamp(), state, tries, reply FROM settled WHERE NOT %(told)s
"""


# --- Sweeping


def sweep() -> None:
    """Put back what a dead worker held, and find out about letters whose fate is unknown."""
    now = database_now()
    _mistrust_the_clock(now)
    expired = Delivery.objects.filter(lease_until__lte=now)
    for delivery in expired.filter(state=State.SENDING):
        # Not at once, since it may be this letter that kills workers.
        pause = pause_after(delivery.tries)
        words = "The worker was lost before it handed over this letter."
        lost = [(delivery, words)]
        _settle(lost, (State.SENDING,), State.READY, pause=pause, lapsed_at=now)
    for delivery in expired.filter(state=State.COMMITTING):
        # The relay may still be waiting for the rest; it is asked when it has surely given up.
        words = "The worker was lost."
        lost = [(delivery, words)]
        _settle(lost, (State.COMMITTING,), State.UNCERTAIN, lease=lease(), lapsed_at=now)
    for pk in expired.filter(state=State.UNCERTAIN).values_list("pk", flat=True):
        _find_out(pk, now=now)


def _mistrust_the_clock(now: datetime) -> None:
    """Bring back times that were written while the clock went ahead, and lie too far off now.

    A clock that jumps ahead ends leases early, which the fences are there for; it makes no letter
    fail, since what counts towards that is the sum of the pauses.
    """
    too_far = Q(due_at__gt=now + FURTHEST_PAUSE, waits_for_hours=False) | Q(
        due_at__gt=now + FURTHEST_OPENING
    )
    Delivery.objects.filter(too_far, state=State.READY).update(due_at=now)
    held = Delivery.objects.filter(state__in=HELD, lease_until__gt=now + lease())
    held.update(lease_until=now + lease())


def _find_out(pk: int, *, now: datetime) -> None:
    """Ask the relay, which may take its time: no row is locked, and of two that ask one settles."""
    doubtful = Delivery.objects.filter(pk=pk, state=State.UNCERTAIN, lease_until__lte=now)
    delivery = doubtful.first()
    if delivery is None:
        return
    match relay().ask(delivery.message_id, since=_handed_over_since(delivery, now=now)):
        case Answer.TAKEN:
            settle_sent([(delivery, "The relay was asked: it has this letter.")])
        case Answer.NOT_TAKEN:
            settle_for_later(delivery, "The relay was asked: it does not have this letter.")
        case Answer.NOT_YET:
            doubtful.filter(fence=delivery.fence).update(lease_until=database_now() + lease())
        case Answer.CANNOT_SAY:
            settle_for_later(delivery, "Nobody could be asked whether the relay has this letter.")


def _handed_over_since(delivery: Delivery, *, now: datetime) -> datetime:
    """At least a lease ago, or the clock has been put back: nobody is asked sooner."""
    return min(delivery.committed_at or delivery.due_at, now - lease())
