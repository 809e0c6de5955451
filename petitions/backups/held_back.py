"""A database that was put back does not know what has gone out since: nothing goes until it is known.

Letters and news that were to go out are doubtful, as if a worker had died while it handed them over;
so the relay is asked about each. Letters wait for a new approval besides, and news is paused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Greatest

from petitions.models import Delivery, Export, NewsDelivery, NewsItem, Petition

WORDS = "A backup was put back: it may have gone out since the backup was made."


@dataclass(frozen=True)
class HeldBack:
    petitions: int
    letters: int
    news: int
    mails: int


def hold_back(*, taken_at: datetime, now: datetime) -> HeldBack:
    """In one transaction with what was put back. What had begun to be handed over is doubtful anyway."""
    # Their files are not in backups.
    Export.objects.filter(state=Export.State.READY).update(state=Export.State.GONE, key_box=None)
    return HeldBack(
        petitions=sum(each.withdraw_approval() for each in Petition.objects.order_by("pk")),
        letters=_doubt_letters(taken_at=taken_at, now=now),
        news=NewsItem.objects.filter(state=NewsItem.State.GOING).update(
            state=NewsItem.State.PAUSED
        ),
        mails=_doubt_mails(taken_at=taken_at, now=now),
    )


def _doubt_letters(*, taken_at: datetime, now: datetime) -> int:
    State = Delivery.State  # noqa: N806 - a class
    return Delivery.objects.filter(state__in=(State.READY, State.SENDING)).move(
        words=WORDS,
        state=State.UNCERTAIN,
        # Doubt is about a try, so there was one.
        tries=Greatest("tries", 1),
        committed_at=taken_at,
        lease_until=now,
        waits_for_hours=False,
    )


def _doubt_mails(*, taken_at: datetime, now: datetime) -> int:
    State = NewsDelivery.State  # noqa: N806 - as above
    ready = NewsDelivery.objects.filter(state__in=(State.READY, State.SENDING))
    return ready.update(
        state=State.UNCERTAIN, tries=Greatest("tries", 1), committed_at=taken_at, lease_until=now
    )
