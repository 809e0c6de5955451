"""The deliverer: takes one due delivery after another and hands its letter to the relay."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb

from django.conf import settings
from django.db import InterfaceError, OperationalError

from petitions.delivery import claims
from petitions.delivery.claims import LeaseLost
from petitions.delivery.letters import LetterDesk
from petitions.delivery.return_path import return_path
from petitions.delivery.smtp import (
    FateUnknown,
    Interrupted,
    Refused,
    RelayConnection,
    RelayUnreachable,
)
from petitions.delivery.typesetter import CannotTypeset
from petitions.models import Delivery
from petitions.models.sealed import TooManyDamagedBoxes
from petitions.vault import KeysUnavailable

log = logging.getLogger(__name__)

# So many are claimed in one transaction. What a worker that dies had claimed waits for a lease.
CLAIMED_AT_ONCE = 64
LETTERS_A_ROUND = 8
BYTES_A_ROUND = 256 * 1024
DATABASE_IS_AWAY = (OperationalError, InterfaceError)


@dataclass(frozen=True)
class Composed:
    delivery: Delivery
    letter: bytes


def send_letters(*, seconds: float = 60, at_any_hour: bool = False) -> int:
    """Send what is due, for at most about `seconds`, and say how many letters were taken.

    `at_any_hour` also to offices that are closed now.
    """
    claims.sweep()
    desk = LetterDesk()
    sent = 0
    claimed = _claimed(seconds=seconds, at_any_hour=at_any_hour)
    with closing(claimed), RelayConnection() as connection:
        for some in _rounds(claimed, desk):
            try:
                sent += hand_over(some, connection)
            except RelayUnreachable as fault:
                log.warning("the relay can't be reached: %s", fault)
                break
    return sent


def _claimed(*, seconds: float, at_any_hour: bool) -> Generator[Delivery]:
    """One due delivery after another; those that were claimed and don't get their turn go back.

    They do so after half a lease, so that nobody takes this worker for dead.
    """
    ends_at = time.monotonic() + seconds
    half_a_lease = claims.lease().total_seconds() / 2
    while (now := time.monotonic()) < ends_at:
        waiting = deque(claims.claim(CLAIMED_AT_ONCE, at_any_hour=at_any_hour))
        if not waiting:
            return
        try:
            while waiting and time.monotonic() < min(ends_at, now + half_a_lease):
                yield waiting.popleft()
        finally:
            if waiting:
                claims.give_back(waiting)


def _rounds(claimed: Iterable[Delivery], desk: LetterDesk) -> Iterator[list[Composed]]:
    """Letters that are committed to, and settled, together.

    They wait for PostgreSQL's disk once. Where the relay can't be asked each goes alone, so that
    of a worker that dies one letter at most is sent again.
    """
    most = LETTERS_A_ROUND if settings.RELAY_URL else 1
    some: list[Composed] = []
    for delivery in claimed:
        if composed := compose(delivery, desk):
            some.append(composed)
        if len(some) >= most or sum(len(each.letter) for each in some) >= BYTES_A_ROUND:
            yield some
            some = []
    if some:
        yield some


def compose(delivery: Delivery, desk: LetterDesk) -> Composed | None:
    """A claimed delivery's letter; None where it can't be made, and then it is put off."""
    try:
        return Composed(delivery, desk.compose(delivery))
    except (TooManyDamagedBoxes, KeysUnavailable, CannotTypeset) as alarm:
        log.critical("batch %s: %s", delivery.batch_id, alarm)
        claims.settle_for_when_we_can(delivery, str(alarm))
    except DATABASE_IS_AWAY:
        raise
    except Exception as surprise:  # noqa: BLE001 - one letter must not keep the others from going
        _put_off(delivery, surprise)
    return None


def hand_over(some: Sequence[Composed], connection: RelayConnection) -> int:
    """Try each of these letters, settle it by what happened, and say how many the relay took.

    Raises:
        RelayUnreachable: it can't be reached any more; all are settled.
    """
    committed, still_held = claims.commit_to_sending([each.delivery for each in some])
    if len(committed) < len(some):
        log.info("%s letters were paused just in time, or lost", len(some) - len(committed))
    waiting = deque(each for each in some if each.delivery in committed)
    taken: list[tuple[Delivery, str]] = []
    try:
        while waiting:
            words = _send(waiting[0], connection, still_held)
            sent = waiting.popleft()
            if words is not None:
                taken.append((sent.delivery, words))
    except RelayUnreachable as fault:
        claims.settle_unreached(waiting.popleft().delivery, str(fault))
        raise
    finally:
        if taken:
            claims.settle_sent(taken)
        if waiting:
            claims.give_back([each.delivery for each in waiting])
    return len(taken)


def _send(
    composed: Composed, connection: RelayConnection, still_held: Callable[[], None]
) -> str | None:
    """The relay's words, if it took the letter; else the delivery is settled.

    Raises:
        RelayUnreachable: nothing was tried; the delivery is still held.
    """
    delivery = composed.delivery
    try:
        connection.announce(sender=return_path(delivery), recipient=delivery.office.email)
        return connection.hand_over(composed.letter, before_the_dot=still_held)
    except Refused as refusal:
        settle = claims.settle_failed if refusal.permanent else claims.settle_for_later
        settle(delivery, str(refusal))
    except Interrupted as fault:
        claims.settle_for_later(delivery, str(fault))
    except FateUnknown as fault:
        claims.settle_uncertain(delivery, str(fault))
    except LeaseLost:
        connection.drop()
        log.warning("delivery %s is no longer this worker's", delivery.pk)
    except (RelayUnreachable, *DATABASE_IS_AWAY):
        raise
    except Exception as surprise:  # noqa: BLE001 - one letter must not keep the others from going
        connection.drop()
        _put_off(delivery, surprise)
    log.info("delivery %s, try %s: not sent", delivery.pk, delivery.tries)
    return None


def _put_off(delivery: Delivery, surprise: Exception) -> None:
    words = f"Our own fault, {_what_and_where(surprise)}"
    log.critical("delivery %s: %s", delivery.pk, words)
    claims.settle_for_when_we_can(delivery, words)


def _what_and_where(surprise: Exception) -> str:
    """Without the exception's own words, in which people may stand."""
    place = extract_tb(surprise.__traceback__)[-1]
    return f"{type(surprise).__name__} in {Path(place.filename).name}, line {place.lineno}"
