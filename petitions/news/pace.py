"""How fast news may go, so that nobody who waits for a confirmation mail waits behind it.

All news together keeps to so many mails a minute. In a mail domain's hours, which it shares with
confirmation mails, it fills half at most.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from petitions.delivery.pace import pace_of, take_turn
from petitions.signatures.addresses import domain_key
from petitions.signatures.caps import HOUR, HOURS_AHEAD, book_hour, mails_an_hour
from petitions.signatures.domains import domain_of

# No mail domain has such a name.
LINE = "(news)"


def may_send_one(*, now: datetime) -> bool:
    limit: int = settings.NEWS_MAILS_A_MINUTE
    return limit <= 0 or take_turn(LINE, pace_of(limit), now=now)


@transaction.atomic
def book(address: str, *, now: datetime) -> tuple[datetime, bool]:
    """When a mail may go there: `now` or later; and whether that hour has a place for it.

    Where all hours ahead are full it has none, and asks again at their end.
    """
    share = max(mails_an_hour(domain_of(address)) // 2, 1)
    at = book_hour(domain_key(address), share, earliest=now)
    return (at, True) if at else (now + HOURS_AHEAD * HOUR, False)
