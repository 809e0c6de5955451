"""The deliverer: takes one due delivery after another and hands its letter to the relay."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from traceback import extract_tb

from django.db import InterfaceError, OperationalError

from petitions.delivery import claims
from petitions.delivery.claims import HeldBack, LeaseLost
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
DATABASE_IS_AWAY = (OperationalError, InterfaceError)


def send_letters(*, seconds: float = 60, at_any_hour: bool = False) -> int:
    """Send what is due, for at most about `seconds`, and say how many letters were taken.

    `at_any_hour` also to offices that are closed now.
    """
    claims.sweep()
    desk = LetterDesk()
    sent = 0
    claimed = _claimed(seconds=seconds, at_any_hour=at_any_hour)
    with closing(claimed), RelayConnection() as connection:
        for delivery in claimed:
            try:
                sent += send_letter(delivery, desk, connection)
            except RelayUnreachable as fault:
                log.warning("the relay can't be reached: %s", fault)
                claims.settle_unreached(delivery, str(fault))
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


def send_letter(delivery: Delivery, desk: LetterDesk, connection: RelayConnection) -> bool:
    """Try one claimed delivery, and settle it by what happened; True when the relay took it.

    Raises:
        RelayUnreachable: nothing was tried; the delivery is still claimed.
    """
    try:
        letter = desk.compose(delivery)
        connection.announce(sender=return_path(delivery), recipient=delivery.office.email)
        still_held = claims.commit_to_sending(delivery)
        words = connection.hand_over(letter, before_the_dot=still_held)
    except (TooManyDamagedBoxes, KeysUnavailable, CannotTypeset) as alarm:
        log.critical("batch %s: %s", delivery.batch_id, alarm)
        claims.settle_for_when_we_can(delivery, str(alarm))
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
    except HeldBack:
        connection.reset()
        log.info("delivery %s was paused just in time", delivery.pk)
    except (RelayUnreachable, *DATABASE_IS_AWAY):
        raise
    except Exception as surprise:  # noqa: BLE001 - one letter must not keep the others from going
        connection.drop()
        words = f"Our own fault, {_what_and_where(surprise)}"
        log.critical("delivery %s: %s", delivery.pk, words)
        claims.settle_for_when_we_can(delivery, words)
    else:
        claims.settle_sent(delivery, words)
        return True
    log.info("delivery %s, try %s: not sent", delivery.pk, delivery.tries)
    return False


def _what_and_where(surprise: Exception) -> str:
    """Without the exception's own words, in which people may stand."""
    place = extract_tb(surprise.__traceback__)[-1]
    return f"{type(surprise).__name__} in {Path(place.filename).name}, line {place.lineno}"
