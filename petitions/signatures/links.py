"""What a signer's own link leads to, the second one in the mail."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet
from django.utils import timezone

from petitions.models import NewsSubscriber, Petition, Signature, Tombstone
from petitions.models.signature import SignatureQuerySet
from petitions.signatures.tokens import news_link, signature_link


def signatures_behind(withdraw_hash: bytes) -> SignatureQuerySet:
    """The link's signatures with their petitions, in the order of petitions."""
    petition_ids = Petition.objects.values_list("pk", flat=True)
    links = [signature_link(withdraw_hash, petition_id) for petition_id in petition_ids]
    found = Signature.objects.filter(withdrawal_links__link_hash__in=links)
    return (
        found.select_related("petition")
        .prefetch_related("petition__texts")
        .order_by("petition__number", "petition_id")
    )


def lock_signatures_behind(withdraw_hash: bytes) -> list[Signature]:
    """The same, held until the transaction ends; in order, so that no two callers interlock."""
    locked = signatures_behind(withdraw_hash).select_for_update(of=("self",))
    return list(locked.order_by("petition_id"))


def subscriptions_behind(withdraw_hash: bytes) -> QuerySet[NewsSubscriber]:
    return NewsSubscriber.objects.filter(withdrawal_links__link_hash=news_link(withdraw_hash))


def end_subscriptions_behind(withdraw_hash: bytes) -> bool:
    """Erase them with all that hangs on them; False where there was none. In a transaction.

    The link's signatures are not of somebody who asked for news any more; which others were this
    person's nobody knows.

    Subscribers are locked first: news that was being told to them, and the link that a mail to them was
    being given, are there by then and go too.
    """
    # Signatures before subscribers, as confirming locks them.
    signed = [signature.pk for signature in lock_signatures_behind(withdraw_hash)]
    Signature.objects.filter(pk__in=signed).update(asked_for_news=False)
    locked = subscriptions_behind(withdraw_hash).select_for_update(of=("self",))
    return erase_subscribers([subscriber.pk for subscriber in locked.only("pk")])


def erase_subscribers(ids: list[uuid.UUID]) -> bool:
    """Locked ones; False where there is none."""
    Tombstone.objects.add(Tombstone.Kind.NEWS, ids, now=timezone.now())
    NewsSubscriber.objects.filter(pk__in=ids).delete()
    return bool(ids)
