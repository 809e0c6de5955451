"""Who holds a delivery, and how it changes hands. Every move is one conditional UPDATE.

    ready -> sending -> committing -> sent | failed | ready (refused for now) | uncertain

A worker holds a delivery by its fence, a number that each claim raises; a worker that slept past
its lease finds that its UPDATE changes no row, and stops. The clock is the database's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from petitions.delivery.hours import next_open_moment
from petitions.delivery.relays import Answer, relay
from petitions.models import Delivery
from petitions.models.clock import database_now, jitter
from petitions.models.delivery import DeliveryQuerySet

State = Delivery.State
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=4)


class LeaseLost(Exception):
    """This worker was away for too long; the letter is no longer its to send."""


class HeldBack(Exception):
    """An organizer paused this letter after it was claimed; it is ready again, for later."""


def lease() -> timedelta:
    """How long a worker may be silent: as long as the relay keeps a silent connection."""
    return timedelta(seconds=settings.RELAY_TIMEOUT)


def claim(*, at_any_hour: bool = False) -> Delivery | None:
    """Take the delivery that has been due longest, passing over those that others are taking.

    Those whose office has closed meanwhile are put off until it opens, unless `at_any_hour`.
    """
    while (delivery := _first_due(at_any_hour=at_any_hour)) is not None:
        if delivery.state == State.SENDING:
            return delivery
    return None


@transaction.atomic
def _first_due(*, at_any_hour: bool) -> Delivery | None:
    """The first one that is due, claimed; or put off, and with it all in its time zone."""
    now = database_now()
    due = Delivery.objects.due(now=now, at_any_hour=at_any_hour)
    locked = due.select_for_update(skip_locked=True, of=("self",))
    delivery = locked.select_related("batch__petition", "office").first()
    if delivery is None:
        return None
    time_zone = delivery.office.time_zone
    opens_at = now if at_any_hour else next_open_moment(time_zone, now)
    if opens_at > now:
        sleeping = Delivery.objects.due(now=now).filter(office__time_zone=time_zone)
        rows = sleeping.select_for_update(skip_locked=True, of=("self",)).values_list("pk")
        Delivery.objects.filter(pk__in=[pk for (pk,) in rows]).update(
            due_at=opens_at, waits_for_hours=True
        )
        return delivery
    delivery.state = State.SENDING
    delivery.fence += 1
    delivery.tries += 1
    delivery.waits_for_hours = False
    delivery.lease_until = now + lease()
    delivery.save(update_fields=["state", "fence", "tries", "waits_for_hours", "lease_until"])
    return delivery


def commit_to_sending(delivery: Delivery) -> Callable[[], None]:
    """The point of no return just before DATA.

    What it returns raises `LeaseLost` once the new lease is over, also by this machine's clock
    alone: a worker that was asleep must not need the database to know it.

    Raises:
        LeaseLost: the delivery is no longer held.
        HeldBack: it was, but has been paused; now it is ready again.
    """
    lost_at = time.monotonic() + lease().total_seconds()
    now = database_now()
    may_go = Delivery.objects.may_go()
    if not _move(
        delivery,
        {State.SENDING},
        among=may_go,
        state=State.COMMITTING,
        committed_at=now,
        sent_to=delivery.office.email,
        lease_until=now + lease(),
    ):
        if _move(delivery, {State.SENDING}, state=State.READY, lease_until=None):
            raise HeldBack
        raise LeaseLost

    def still_held() -> None:
        if time.monotonic() > lost_at:
            raise LeaseLost

    return still_held


def settle_sent(delivery: Delivery, words: str) -> None:
    _move(
        delivery,
        # The sweeper may have doubted it meanwhile; the relay's word is better.
        {State.COMMITTING, State.UNCERTAIN},
        state=State.SENT,
        sent_at=database_now(),
        lease_until=None,
        reply=words,
    )


def settle_failed(delivery: Delivery, words: str) -> None:
    _move(
        delivery,
        {State.SENDING, State.COMMITTING, State.UNCERTAIN},
        state=State.FAILED,
        lease_until=None,
        reply=words,
    )


def settle_for_later(delivery: Delivery, words: str) -> None:
    _move(
        delivery,
        {State.SENDING, State.COMMITTING, State.UNCERTAIN},
        state=State.READY,
        lease_until=None,
        due_at=database_now() + pause_after(delivery.tries),
        reply=words,
    )


def settle_uncertain(delivery: Delivery, words: str) -> None:
    until = database_now() + lease()
    _move(delivery, {State.COMMITTING}, state=State.UNCERTAIN, lease_until=until, reply=words)


def pause_after(tries: int) -> timedelta:
    """1 minute, 2, 4 … 4 hours; jittered, so that letters do not come up all at once."""
    pause = min(FIRST_PAUSE * (1 << min(tries - 1, 20)), LONGEST_PAUSE)
    return pause * jitter()


def sweep() -> None:
    """Put back what a dead worker held, and find out about letters whose fate is unknown."""
    now = database_now()
    expired = Delivery.objects.filter(lease_until__lte=now)
    expired.filter(state=State.SENDING).update(state=State.READY, lease_until=None, due_at=now)
    # The relay may still be waiting for the rest; it is asked when it has surely given up.
    expired.filter(state=State.COMMITTING).update(
        state=State.UNCERTAIN, lease_until=now + lease(), reply="The worker was lost."
    )
    for pk in expired.filter(state=State.UNCERTAIN).values_list("pk", flat=True):
        _find_out(pk, now=now)


def _find_out(pk: int, *, now: datetime) -> None:
    """Ask the relay, which may take its time: no row is locked, and of two that ask one settles."""
    doubtful = Delivery.objects.filter(pk=pk, state=State.UNCERTAIN, lease_until__lte=now)
    delivery = doubtful.first()
    if delivery is None:
        return
    match relay().ask(delivery.message_id, since=delivery.committed_at or delivery.due_at):
        case Answer.TAKEN:
            settle_sent(delivery, "The relay was asked: it has this letter.")
        case Answer.NOT_TAKEN:
            _back_to_ready(delivery, "The relay was asked: it does not have this letter.", now=now)
        case Answer.NOT_YET:
            _move(delivery, {State.UNCERTAIN}, lease_until=now + lease())
        case Answer.CANNOT_SAY:
            _back_to_ready(
                delivery, "Sent again with the same Message-ID: nobody could be asked.", now=now
            )


def _back_to_ready(delivery: Delivery, words: str, *, now: datetime) -> None:
    _move(delivery, {State.UNCERTAIN}, state=State.READY, lease_until=None, due_at=now, reply=words)


def _move(
    delivery: Delivery,
    states: set[State],
    *,
    among: DeliveryQuerySet | None = None,
    **changes: object,
) -> bool:
    deliveries = Delivery.objects.all() if among is None else among
    held = deliveries.filter(pk=delivery.pk, fence=delivery.fence, state__in=states)
    return held.update(**changes) == 1
