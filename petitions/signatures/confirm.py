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
from petitions.models.signature import signature_id
from petitions.signatures import consent
from petitions.signatures.offers import make_offers
from petitions.signatures.storing import store_new
from petitions.signatures.tokens import news_link, signature_link, token_hash


@dataclass(frozen=True)
class Confirmed:
    """What was signed just now, and what may still be signed with one tap: each ask's token."""

    asked_on: int
    """On whose page the form was sent."""
    petition_ids: list[int]
    offers: dict[int, str]


class LinkNotValid(Exception):
    """The link was never given, is used up, or has expired; which one is nobody's business."""


class NotOffered(Exception):
    """Nothing was signed: the signer is shown again what there is to agree to."""


def find_request(token: str, *, now: datetime) -> SignRequest:
    """The sign request that a mailed link leads to.

    Raises:
        LinkNotValid: there is none, or no longer.
    """
    request = SignRequest.objects.alive(now=now).filter(token_hash=token_hash(token)).first()
    if request is None or request.indexes is None:
        raise LinkNotValid
    return request


@transaction.atomic
def confirm(
    token: str, *, petition_ids: Collection[int], now: datetime, all_or_none: bool = False
) -> Confirmed:
    """Turn a sign request into signatures of those petitions that its signer agreed to.

    Who has signed a petition already changes nothing there, but this mail's withdrawal link
    leads to that signature from now on. Whatever was not agreed to is forgotten, but for offers
    of the open asks, which live for an hour or two.

    Raises:
        LinkNotValid: there is no such request, or no longer.
        NotOffered: with `all_or_none`, where one of the petitions can't be signed by this link, or
            not any more.
    """
    taken = SignRequest.objects.take(token_hash(token), now=now)
    if taken is None:
        raise LinkNotValid
    request, states = taken.request, taken.states
    agreed = set(petition_ids) & set(request.petition_ids) & states.keys()
    if all_or_none and agreed != set(petition_ids):
        raise NotOffered
    wanted = _signatures(request, agreed, now=now)
    stored = store_new(wanted)
    _note_wish_for_news(request, stored)
    signed = [each.petition_id for each in stored]
    _subscribe_to_news(request, signed, now=now)
    open_ids = [each for each, state in states.items() if state == Petition.State.OPEN]
    others = [each for each in open_ids if each not in signed] if signed else []
    offers = make_offers(request, others, now=now)
    new_ids = {signature.pk for signature in wanted.values()} & {each.pk for each in stored}
    Tally.objects.change(
        petition_ids=[each.petition_id for each in stored if each.pk in new_ids],
        country=request.country.code,
        by=1,
    )
    return Confirmed(request.petition_ids[0], signed, offers)


def _signatures(
    request: SignRequest, petition_ids: Collection[int], *, now: datetime
) -> dict[bytes, Signature]:
    """By their withdrawal links' hashes, in the order of petitions, so that two confirmations can't
    wait for each other.
    """
    places = {petition_id: place for place, petition_id in enumerate(request.petition_ids)}
    return {
        signature_link(bytes(request.withdraw_hash), petition_id): _signature(
            request, petition_id, places[petition_id], now=now
        )
        for petition_id in sorted(petition_ids)
    }


def _signature(request: SignRequest, petition_id: int, place: int, *, now: datetime) -> Signature:
    assert request.indexes is not None  # noqa: S101 - the mailer wrote them before it sent the link
    assert request.look_alikes is not None  # noqa: S101 - likewise
    return Signature(
        id=signature_id(request.id, petition_id),
        petition_id=petition_id,
        index=request.indexes[place],
        look_alike=request.look_alikes[place],
        sig_box=request.sig_boxes[place] if request.sig_boxes else None,
        country=request.country.code,
        partner_id=request.partner_id,
        visibility=request.visibility,
        language=request.language,
        consent_version=consent.version(),
        confirmed_hour=this_hour(now),
        disposable=request.disposable,
        crowd=request.crowd,
        asked_for_news=request.news_box is not None,
    )


def _note_wish_for_news(request: SignRequest, stored: list[Signature]) -> None:
    """New signatures have it; who had signed before asks for news now."""
    if request.news_box is not None:
        earlier = Signature.objects.filter(pk__in=[each.pk for each in stored])
        earlier.filter(asked_for_news=False).update(asked_for_news=True)


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
        consent_version=consent.version(),
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
