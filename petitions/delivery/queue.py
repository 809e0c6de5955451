"""The deliverer: takes one due delivery after another and hands its letter to the relay."""

from __future__ import annotations

import logging
import time

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


def send_letters(*, seconds: float = 60, at_any_hour: bool = False) -> int:
    """Send what is due, for at most about `seconds`, and say how many letters were taken.

    `at_any_hour` also to offices that are closed now.
    """
    claims.sweep()
    desk = LetterDesk()
    sent = 0
    ends_at = time.monotonic() + seconds
    with RelayConnection() as connection:
        while time.monotonic() < ends_at and (delivery := claims.claim(at_any_hour=at_any_hour)):
            try:
                sent += send_letter(delivery, desk, connection)
            except RelayUnreachable as fault:
                log.warning("the relay can't be reached: %s", fault)
                claims.settle_for_later(delivery, str(fault))
                break
    return sent


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
        claims.settle_for_later(delivery, str(alarm))
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
        connection.drop()
        log.info("delivery %s was paused just in time", delivery.pk)
    else:
        claims.settle_sent(delivery, words)
        return True
    log.info("delivery %s, try %s: not sent", delivery.pk, delivery.tries)
    return False
