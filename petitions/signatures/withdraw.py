"""A signer leaves: what a mail's link leads to is erased, and the tally is lowered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from petitions.models import (
    NewsSubscriber,
    Petition,
    Signature,
    SignRequest,
    Tally,
    Withdrawal,
    WithdrawalLink,
)
from petitions.models.clock import this_hour
from petitions.signatures.tokens import news_link, signature_link, token_hash


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
    requests, _ = SignRequest.objects.filter(withdraw_hash=withdraw_hash).delete()
    signatures = _lock_signatures(withdraw_hash)
    _remember_for_offices(signatures, now=now)
    Signature.objects.filter(pk__in=[each.pk for each in signatures]).delete()
    news, _ = NewsSubscriber.objects.filter(
        withdrawal_links__link_hash=news_link(withdraw_hash)
    ).delete()
    _lower_tally(signatures)
    return Erased(
        request=bool(requests),
        petitions=[each.petition for each in signatures],
        delivered=[each.petition for each in signatures if each.batch_id],
        news=bool(news),
    )


def leads_somewhere(token: str) -> bool:
    """Whether the link still has something to erase."""
    withdraw_hash = token_hash(token)
    return (
        SignRequest.objects.filter(withdraw_hash=withdraw_hash).exists()
        or WithdrawalLink.objects.filter(
            link_hash__in=[*_signature_links(withdraw_hash), news_link(withdraw_hash)]
        ).exists()
    )


def _signature_links(withdraw_hash: bytes) -> list[bytes]:
    petition_ids = Petition.objects.values_list("pk", flat=True)
    return [signature_link(withdraw_hash, petition_id) for petition_id in petition_ids]


def _lock_signatures(withdraw_hash: bytes) -> list[Signature]:
    """The link's signatures, in the order of petitions, so that no two withdrawals interlock."""
    found = Signature.objects.filter(
        withdrawal_links__link_hash__in=_signature_links(withdraw_hash)
    )
    return list(
        found.select_for_update(of=("self",))
        .select_related("petition")
        .prefetch_related("petition__texts")
        .order_by("petition_id")
    )


def _remember_for_offices(signatures: list[Signature], *, now: datetime) -> None:
    """Offices that have the letter are asked to delete it; they know it by its reference."""
    Withdrawal.objects.bulk_create(
        Withdrawal(signature_id=each.pk, batch_id=each.batch_id, hour=this_hour(now))
        for each in signatures
        if each.batch_id is not None
    )


def _lower_tally(signatures: list[Signature]) -> None:
    for country in sorted({each.country.code for each in signatures}):
        petition_ids = [each.petition_id for each in signatures if each.country.code == country]
        Tally.objects.change(petition_ids=petition_ids, country=country, by=-1)
