"""From a confirmed sign request to signatures, and to the tally that counts them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from petitions.models import (
    NewsSubscriber,
    Petition,
    Signature,
    SignRequest,
    Tally,
    WithdrawalLink,
)
from petitions.models.clock import this_day, this_hour
from petitions.models.news import news_subscriber_id
from petitions.models.sign_request import SignRequestQuerySet
from petitions.models.signature import signature_id
from petitions.signatures import consent
from petitions.signatures.offers import OpenOffer, make_offers
from petitions.signatures.storing import store_links, store_new
from petitions.signatures.tokens import news_link, signature_link, token_hash


@dataclass(frozen=True)
class Confirmed:
    """What was signed just now, and what may still be signed with one tap."""

    petition_ids: list[int]
    offers: list[OpenOffer]


class LinkNotValid(Exception):
    """The link was never given, is used up, or has expired; which one is nobody's business."""


def find_request(token: str, *, now: datetime) -> SignRequest:
    """The sign request that a mailed link leads to.

    Raises:
        LinkNotValid: there is none, or no longer.
    """
    return _find(SignRequest.objects.all(), token, now=now)


@transaction.atomic
def confirm(token: str, *, petition_ids: Collection[int], now: datetime) -> Confirmed:
    """Turn a sign request into signatures of those petitions that its signer agreed to.

    Who has signed a petition already changes nothing there, but this mail's withdrawal link
    leads to that signature from now on. Whatever was not agreed to is forgotten, but for offers
    of the open asks, which live for an hour or two.

    Raises:
        LinkNotValid: there is no such request, or no longer.
    """
    request = _find(SignRequest.objects.select_for_update(), token, now=now)
    agreed = Petition.objects.confirmable(now=now).filter(
        pk__in=set(petition_ids) & set(request.petition_ids)
    )
    wanted = _signatures(request, agreed, now=now)
    stored = store_new(wanted)
    _store_links(request, stored)
    signed = [each.petition_id for each in stored]
    _subscribe_to_news(request, signed, now=now)
    offers = make_offers(request, signed=signed, now=now) if signed else []
    request.delete()
    new_ids = {signature.pk for signature in wanted} & {each.pk for each in stored}
    Tally.objects.change(
        petition_ids=[each.petition_id for each in stored if each.pk in new_ids],
        country=request.country.code,
        by=1,
    )
    return Confirmed(signed, offers)


def _find(requests: SignRequestQuerySet, token: str, *, now: datetime) -> SignRequest:
    request = requests.alive(now=now).filter(token_hash=token_hash(token)).first()
    if request is None or request.indexes is None:
        raise LinkNotValid
    return request


def _signatures(
    request: SignRequest, petitions: Collection[Petition], *, now: datetime
) -> list[Signature]:
    """In the order of petitions, so that two confirmations can't wait for each other."""
    places = {petition_id: place for place, petition_id in enumerate(request.petition_ids)}
    return [
        _signature(request, petition_id, places[petition_id], now=now)
        for petition_id in sorted(petition.pk for petition in petitions)
    ]


def _signature(request: SignRequest, petition_id: int, place: int, *, now: datetime) -> Signature:
    assert request.indexes is not None  # noqa: S101 - the mailer wrote them before it sent the link
    assert request.look_alikes is not None  # noqa: S101 - likewise
    return Signature(
        id=signature_id(request.id, petition_id),
        petition_id=petition_id,
        index=request.indexes[place],
        look_alike=request.look_alikes[place],
        sig_box=request.sig_boxes[place] if request.sig_boxes else None,
        country=request.country,
        partner_id=request.partner_id,
        visibility=request.visibility,
        language=request.language,
        consent_version=consent.VERSION,
        confirmed_hour=this_hour(now),
        disposable=request.disposable,
    )


def _store_links(request: SignRequest, signatures: list[Signature]) -> None:
    store_links(
        {
            signature_link(bytes(request.withdraw_hash), signature.petition_id): signature
            for signature in signatures
        }
    )


def _subscribe_to_news(request: SignRequest, signed: list[int], *, now: datetime) -> None:
    """Who asked before hears of these asks as well, and in the language of this form."""
    if request.news_box is None:
        return
    subscriber = NewsSubscriber(
        id=news_subscriber_id(request.id),
        index=request.news_index,
        mail_box=request.news_box,
        language=request.language,
        country=request.country.code,
        petition_ids=sorted(signed),
        consent_version=consent.VERSION,
        confirmed_hour=this_day(now),
    )
    NewsSubscriber.objects.bulk_create([subscriber], ignore_conflicts=True)
    stored = NewsSubscriber.objects.filter(index=request.news_index).select_for_update().first()
    if stored is None:
        # Who ends the news at this very moment came second, and has it their way.
        return
    if stored.pk != subscriber.pk:
        stored.petition_ids = sorted({*stored.petition_ids, *signed})
        stored.country = subscriber.country
        stored.language = subscriber.language
        stored.consent_version = subscriber.consent_version
        stored.save(update_fields=["petition_ids", "country", "language", "consent_version"])
    WithdrawalLink.objects.create(
        link_hash=news_link(bytes(request.withdraw_hash)), subscriber=stored
    )
