"""The mailer's second work: hands mails with news to the relay, one after another.

Neither logs nor rows have the relay's words, in which addresses stand, nor what would tell with
the time of a log line whose subscription is whose.
"""

from __future__ import annotations

import logging
import time

from petitions.delivery.claims import LeaseLost
from petitions.delivery.smtp import (
    FateUnknown,
    Interrupted,
    Refused,
    RelayConnection,
    RelayUnreachable,
)
from petitions.models import NewsDelivery
from petitions.models.clock import database_now
from petitions.news import pace, queue
from petitions.news.mails import NewsDesk, NoSuchMail
from petitions.vault import VaultError

log = logging.getLogger(__name__)

# A tick comes after five, and confirmation mails, whose readers are waiting, go in between.
SECONDS = 4


def send_news(*, seconds: float = SECONDS) -> int:
    """Send what is due, for at most about `seconds`, and say how many mails went out.

    Raises:
        TooManyDamagedBoxes, KeysUnavailable: boxes do not open; the mails stay queued.
    """
    queue.sweep()
    desk = NewsDesk()
    sent = 0
    ends_at = time.monotonic() + seconds
    with RelayConnection() as connection:
        while time.monotonic() < ends_at and (delivery := queue.claim()):
            try:
                sent += send_mail(delivery, desk, connection)
            except RelayUnreachable as fault:
                log.warning("the relay can't be reached: %s", fault)
                queue.settle_for_later(delivery)
                break
            except VaultError as alarm:
                log.critical("no news goes out: %s", alarm)
                queue.settle_for_later(delivery)
                raise
    if sent:
        log.info("%s mails with news sent", sent)
    return sent


def send_mail(delivery: NewsDelivery, desk: NewsDesk, connection: RelayConnection) -> bool:
    """Try one claimed delivery, and settle it by what happened; True when the relay took it.

    Raises:
        RelayUnreachable, TooManyDamagedBoxes, KeysUnavailable: the delivery is still claimed.
    """
    try:
        address = desk.address(delivery)
        if not _has_its_turn(delivery, address):
            return False
        envelope = desk.compose(delivery, address)
        connection.announce(sender=envelope.sender, recipient=envelope.recipient)
        still_held = queue.commit_to_sending(delivery)
        connection.hand_over(envelope.mail, before_the_dot=still_held)
    except NoSuchMail:
        log.error("a mail with news can't be written")  # noqa: TRY400 - the trace adds nothing
        queue.settle_failed(delivery)
    except Refused as refusal:
        log.info("a mail with news was refused: %s", refusal.code)
        _settle_refused(delivery, refusal)
    except Interrupted:
        queue.settle_for_later(delivery)
    except FateUnknown:
        queue.settle_uncertain(delivery)
    except (LeaseLost, queue.HeldBack):
        connection.drop()
    else:
        queue.settle_sent(delivery)
        return True
    return False


def _has_its_turn(delivery: NewsDelivery, address: str) -> bool:
    """False where the address's domain takes no more in this hour: then it waits."""
    if delivery.booked:
        return True
    now = database_now()
    at, booked = pace.book(address, now=now)
    if at > now:
        queue.put_off(delivery, at, booked=booked)
        return False
    # Whatever happens to it now, its place is taken.
    return queue.mark_booked(delivery)


def _settle_refused(delivery: NewsDelivery, refusal: Refused) -> None:
    if refusal.no_mailbox:
        queue.settle_no_mailbox(delivery)
    elif refusal.permanent:
        queue.settle_failed(delivery)
    else:
        queue.settle_for_later(delivery)
