"""Who holds a mail with news, and how it changes hands: as letters do in delivery/claims.py.

    ready -> sending -> committing -> (erased: sent or failed) | ready (refused for now) | uncertain

Every move is one UPDATE or DELETE that names the state and the fence. What is done leaves a count.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.db import transaction
from django.db.models import F

from petitions.delivery.claims import LeaseLost, lease, pause_after
from petitions.delivery.relays import Answer, relay
from petitions.mime import sender_domain
from petitions.models import NewsDelivery, NewsItem, NewsSubscriber
from petitions.models.clock import database_now
from petitions.models.news import NewsDeliveryQuerySet
from petitions.news.pace import may_send_one
from petitions.vault import vault

State = NewsDelivery.State
HELD = {State.SENDING, State.COMMITTING, State.UNCERTAIN}
# After the organizers told of it; what could not be handed over by then is given up.
TRIED_FOR = timedelta(days=5)
# So many mails in a row were refused since there is no such mailbox: then its owner gets no more.
REFUSALS = 3


class HeldBack(Exception):
    """Its answer was hidden, or it was paused, after this mail was claimed; it is ready again."""


def message_id(delivery: NewsDelivery) -> str:
    """The same at each try. Only the mailer can make it: a relay's log and a stolen database
    do not tell together whose subscription is whose.
    """
    mark = vault().blind_index("news mail", str(delivery.pk)).hex()[:32]
    return f"<{mark}@{sender_domain(settings.DEFAULT_FROM_EMAIL)}>"


@transaction.atomic
def claim() -> NewsDelivery | None:
    """Take the one that has been due longest, passing over those that others are taking.

    None where none is due, or where so many have gone out that this one has to wait.
    """
    now = database_now()
    due = NewsDelivery.objects.due(now=now).select_for_update(skip_locked=True, of=("self",))
    delivery = due.select_related("item", "subscriber").first()
    if delivery is None or not may_send_one(now=now):
        return None
    delivery.state = State.SENDING
    delivery.fence += 1
    delivery.tries += 1
    delivery.lease_until = now + lease()
    delivery.save(update_fields=["state", "fence", "tries", "lease_until"])
    return delivery


def commit_to_sending(delivery: NewsDelivery) -> Callable[[], None]:
    """The point of no return just before DATA; see `delivery.claims.commit_to_sending`.

    Raises:
        LeaseLost: the delivery is no longer held, or its subscriber is gone.
        HeldBack: the news was held back meanwhile; now the mail is ready again.
    """
    lost_at = time.monotonic() + lease().total_seconds()
    now = database_now()
    may_go = NewsDelivery.objects.may_go()
    if not _move(
        delivery,
        {State.SENDING},
        among=may_go,
        state=State.COMMITTING,
        committed_at=now,
        lease_until=now + lease(),
    ):
        if _move(delivery, {State.SENDING}, state=State.READY, lease_until=None):
            raise HeldBack
        raise LeaseLost

    def still_held() -> None:
        if time.monotonic() > lost_at:
            raise LeaseLost

    return still_held


def put_off(delivery: NewsDelivery, at: datetime, *, booked: bool) -> None:
    """Its domain takes no more now. No try is counted; `booked` is whether it takes it then."""
    _move(
        delivery,
        {State.SENDING},
        state=State.READY,
        lease_until=None,
        due_at=at,
        booked=booked,
        tries=F("tries") - 1,
    )


def mark_booked(delivery: NewsDelivery) -> bool:
    """It keeps its place however often it is tried; False where it is no longer held."""
    return _move(delivery, {State.SENDING}, booked=True)


def settle_sent(delivery: NewsDelivery) -> None:
    # The sweeper may have doubted it meanwhile; the relay's word is better.
    if _done(delivery, {State.COMMITTING, State.UNCERTAIN}, "sent"):
        refused = NewsSubscriber.objects.filter(pk=delivery.subscriber_id, refusals__gt=0)
        refused.update(refusals=0)


def settle_failed(delivery: NewsDelivery) -> None:
    _done(delivery, HELD, "failed")


@transaction.atomic
def settle_no_mailbox(delivery: NewsDelivery) -> None:
    """It failed, and so may all others to this subscriber: after some in a row, no more are made.

    Several, and only in these words: a relay that is set up wrongly refuses everybody at once.
    """
    known = NewsSubscriber.objects.select_for_update().filter(pk=delivery.subscriber_id)
    subscriber = known.only("refusals").first()
    if not _done(delivery, HELD, "failed") or subscriber is None:
        return
    if subscriber.refusals + 1 < REFUSALS:
        known.update(refusals=F("refusals") + 1)
        return
    subscriber.delete()
    NewsItem.objects.filter(pk=delivery.item_id).update(ended=F("ended") + 1)


def settle_for_later(delivery: NewsDelivery) -> None:
    """It comes up again after a pause, unless it has been tried for days."""
    now = database_now()
    if now - delivery.item.going_since > TRIED_FOR:
        settle_failed(delivery)
        return
    due_at = now + pause_after(delivery.tries)
    _move(delivery, HELD, state=State.READY, lease_until=None, due_at=due_at)


def settle_uncertain(delivery: NewsDelivery) -> None:
    until = database_now() + lease()
    _move(delivery, {State.COMMITTING}, state=State.UNCERTAIN, lease_until=until)


def sweep() -> None:
    """Put back what a dead worker held, and find out about mails whose fate is unknown.

    What waited when its news was stopped is erased.
    """
    now = database_now()
    NewsDelivery.objects.filter(state=State.READY, item__state=NewsItem.State.STOPPED).delete()
    expired = NewsDelivery.objects.filter(lease_until__lte=now)
    expired.filter(state=State.SENDING).update(state=State.READY, lease_until=None, due_at=now)
    # The relay may still be waiting for the rest; it is asked when it has surely given up.
    expired.filter(state=State.COMMITTING).update(state=State.UNCERTAIN, lease_until=now + lease())
    for pk in expired.filter(state=State.UNCERTAIN).values_list("pk", flat=True):
        _find_out(pk, now=now)


def _find_out(pk: int, *, now: datetime) -> None:
    """Ask the relay, with no row locked meanwhile; of two that ask, one settles."""
    doubtful = NewsDelivery.objects.filter(pk=pk, state=State.UNCERTAIN, lease_until__lte=now)
    delivery = doubtful.first()
    if delivery is None:
        return
    match relay().ask(message_id(delivery), since=delivery.committed_at or delivery.due_at):
        case Answer.TAKEN:
            settle_sent(delivery)
        case Answer.NOT_YET:
            _move(delivery, {State.UNCERTAIN}, lease_until=now + lease())
        case Answer.NOT_TAKEN | Answer.CANNOT_SAY:
            # Where nobody can be asked it goes again with the same Message-ID.
            _move(delivery, {State.UNCERTAIN}, state=State.READY, lease_until=None, due_at=now)


@transaction.atomic
def _done(delivery: NewsDelivery, states: set[State], count: Literal["sent", "failed"]) -> bool:
    held = NewsDelivery.objects.filter(pk=delivery.pk, fence=delivery.fence, state__in=states)
    erased, _ = held.delete()
    if erased:
        NewsItem.objects.filter(pk=delivery.item_id).update(**{count: F(count) + 1})
    return bool(erased)


def _move(
    delivery: NewsDelivery,
    states: set[State],
    *,
    among: NewsDeliveryQuerySet | None = None,
    **changes: object,
) -> bool:
    deliveries = NewsDelivery.objects.all() if among is None else among
    held = deliveries.filter(pk=delivery.pk, fence=delivery.fence, state__in=states)
    return held.update(**changes) == 1
