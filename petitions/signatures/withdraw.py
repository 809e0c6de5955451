"""A signer leaves: what a mail's link leads to is erased, and the tally is lowered."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from petitions.ledger.changes import note_withdrawn
from petitions.models import (
    Batch,
    FileSet,
    Offer,
    Petition,
    Signature,
    SignRequest,
    Tally,
    Tombstone,
    Withdrawal,
)
from petitions.models.clock import this_hour
from petitions.signatures.links import end_subscriptions_behind, lock_signatures_behind
from petitions.signatures.tokens import offer_link, token_hash


@dataclass(frozen=True)
class Erased:
    """What a withdrawal erased. `delivered` are those petitions whose letter has gone out."""

    request: bool
    petitions: list[Petition]
    delivered: list[Petition]
    news: bool

    def __bool__(self) -> bool:
        return self.request or bool(self.petitions) or self.news


@transaction.atomic
def withdraw(token: str, *, now: datetime) -> Erased:
    """Erase all that the link leads to; opening it again finds nothing, which is the proof."""
    withdraw_hash = token_hash(token)
    request = _erase_request(withdraw_hash, now=now)
    # Before the signatures: a tap locks its offer first, then the signature.
    _forget_offers(withdraw_hash)
    signatures = lock_signatures_behind(withdraw_hash)
    news = end_subscriptions_behind(withdraw_hash)
    return _erase(signatures, request=request, news=news, now=now)


@transaction.atomic
def withdraw_some(token: str, *, petition_ids: Collection[int], now: datetime) -> Erased:
    """Erase the link's signatures of these petitions, and leave everything else as it is."""
    signatures = lock_signatures_behind(token_hash(token))
    chosen = [each for each in signatures if each.petition_id in petition_ids]
    return _erase(chosen, request=False, news=False, now=now)


@transaction.atomic
def end_news(token: str) -> Erased:
    """Erase the address that news would go to, and leave everything else as it is."""
    news = end_subscriptions_behind(token_hash(token))
    return Erased(request=False, petitions=[], delivered=[], news=news)


@transaction.atomic
def not_me(token: str) -> None:
    """What the button of a mail program does: no more mails, and what was not confirmed is erased.

    Signatures stay. Who presses it may mean the mails only, and a mail program may press it for a
    reader who calls the mail junk; to withdraw, there is the receipt.
    """
    withdraw_hash = token_hash(token)
    _erase_request(withdraw_hash, now=timezone.now())
    end_subscriptions_behind(withdraw_hash)


def ask_offices_to_delete(signatures: Collection[Signature], *, now: datetime) -> None:
    """The next letter asks offices that have these names to delete them, by their references.

    They may have been asked before: who asked not to be named any more may withdraw later. Files
    that wait to be downloaded are erased, and made again without these names when they are wanted.
    """
    Withdrawal.objects.bulk_create(
        (
            Withdrawal(signature_id=each.pk, batch_id=each.batch_id, hour=this_hour(now))
            for each in signatures
            if each.batch_id is not None
        ),
        ignore_conflicts=True,
    )
    erase_files({each.batch_id for each in signatures if each.batch_id is not None})


def erase_requests(ids: Collection[uuid.UUID], *, now: datetime) -> None:
    """Locked ones, that were not confirmed."""
    Tombstone.objects.add(Tombstone.Kind.REQUEST, ids, now=now)
    SignRequest.objects.filter(pk__in=ids).delete()


def erase_signatures(signatures: list[Signature], *, now: datetime) -> None:
    """Erase locked ones with all that hangs on them. Call it last in its transaction."""
    ask_offices_to_delete(signatures, now=now)
    note_withdrawn(signatures)
    ids = [each.pk for each in signatures]
    Tombstone.objects.add(Tombstone.Kind.SIGNATURE, ids, now=now)
    Signature.objects.filter(pk__in=ids).delete()
    _lower_tally(signatures)


def _erase_request(withdraw_hash: bytes, *, now: datetime) -> bool:
    """False where there is none, or none any more."""
    found = SignRequest.objects.filter(withdraw_hash=withdraw_hash).select_for_update()
    ids = list(found.values_list("pk", flat=True))
    erase_requests(ids, now=now)
    return bool(ids)


def _erase(signatures: list[Signature], *, request: bool, news: bool, now: datetime) -> Erased:
    erase_signatures(signatures, now=now)
    return Erased(
        request=request,
        petitions=[each.petition for each in signatures],
        delivered=[each.petition for each in signatures if each.batch_id],
        news=news,
    )


def erase_files(batch_ids: set[int]) -> None:
    """Those that wait to be downloaded. Who is just making some holds the batch's row, and looks at
    the signers once more before they are kept (delivery/spool.py)."""
    batches = Batch.objects.filter(pk__in=batch_ids).order_by("pk").select_for_update(no_key=True)
    FileSet.objects.filter(batch__in=[each.pk for each in batches.only("pk")]).delete()


def _forget_offers(withdraw_hash: bytes) -> None:
    petition_ids = Petition.objects.values_list("pk", flat=True)
    links = [offer_link(withdraw_hash, petition_id) for petition_id in petition_ids]
    Offer.objects.filter(link_hash__in=links).delete()


def _lower_tally(signatures: list[Signature]) -> None:
    for country in sorted({each.country.code for each in signatures}):
        theirs = [each for each in signatures if each.country.code == country]
        Tally.objects.change_for(theirs, country=country, by=-1)
