"""Signing the other asks with one tap, on the page that follows a confirmation.

The address is forgotten by then, so the mailer has written the indexes of the other open asks
beforehand. What a tap needs is sealed to a secret that stands in the page alone; what the signer
typed stays sealed to the deliverer, who seals it anew for the new signature (carry.py).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from django.db import transaction

from petitions.models import (
    CarriedDetails,
    Offer,
    Petition,
    Signature,
    SignRequest,
    Tally,
)
from petitions.models.clock import this_hour
from petitions.models.signature import signature_id
from petitions.signatures import consent
from petitions.signatures.storing import store_new
from petitions.signatures.tokens import make_token, offer_link, signature_link, token_hash
from petitions.vault import CannotOpen, epoch_of, open_by_secret, seal_by_secret

Bytes: TypeAlias = bytes | memoryview  # as the database gives them

CONTEXT = "offer"
# A page has an offer for each other ask; whoever sends more than any campaign has asks, is no page.
MOST_OFFERS = 50


class OfferNotValid(Exception):
    """It was used, is over, or never was; or its ask takes no more signatures."""


@dataclass(frozen=True)
class OpenOffer:
    """An ask that may be signed with one tap, and the secret that its button sends."""

    petition: Petition
    token: str


@dataclass(frozen=True)
class Terms:
    """What the signature of a tap will hold; bytes are in hexadecimal."""

    petition_id: int
    index: str
    look_alike: str
    withdrawal_link: str
    country: str
    visibility: str
    language: str
    sig_box: str
    from_petition_id: int
    from_signature_id: str
    disposable: bool = False
    crowd: str = ""

    def seal(self, token: str) -> bytes:
        data = json.dumps(vars(self)).encode()
        return seal_by_secret(data, secret=token, context=CONTEXT)

    @classmethod
    def open(cls, box: bytes, token: str) -> Terms:
        """Raises `CannotOpen` where this is not that token's offer."""
        return cls(**json.loads(open_by_secret(box, secret=token, context=CONTEXT)))


def make_offers(
    request: SignRequest, petition_ids: Collection[int], *, now: datetime
) -> dict[int, str]:
    """Offers of these open asks, which a confirmed request leaves behind: each ask's token."""
    indexes = _indexes(request)
    tokens = {each: make_token() for each in petition_ids if each in indexes}
    shared = _shared_terms(request)
    withdraw_hash = bytes(request.withdraw_hash)
    rows = [
        (
            token_hash(token),
            offer_link(withdraw_hash, petition_id),
            _terms(shared, withdraw_hash, petition_id, indexes[petition_id]).seal(token),
        )
        for petition_id, token in tokens.items()
    ]
    if rows:
        Offer.objects.add(rows, epoch=_epoch_of_details(request), hour=this_hour(now))
    return tokens


def open_offers(tokens: Sequence[str], *, now: datetime) -> list[OpenOffer]:
    """Those of a page's offers that are still good, in the order of their asks."""
    by_hash = {token_hash(token): token for token in tokens[:MOST_OFFERS]}
    tokens_by_petition = {}
    for offer in Offer.objects.alive(now=now).filter(pk__in=by_hash):
        token = by_hash[bytes(offer.pk)]
        tokens_by_petition[_open(offer, token).petition_id] = token
    petitions = Petition.objects.open().with_texts().filter(pk__in=tokens_by_petition)
    return [OpenOffer(petition, tokens_by_petition[petition.pk]) for petition in petitions]


@transaction.atomic
def sign_offer(token: str, *, now: datetime) -> Petition:
    """Sign the ask that the offer is for, and use the offer up.

    Who has signed it already changes nothing there, as with a confirmation, but the own page
    leads to that signature from now on.

    Raises:
        OfferNotValid: nothing was signed.
    """
    alive = Offer.objects.alive(now=now).filter(pk=token_hash(token))
    offer = alive.select_for_update().first()
    if offer is None:
        raise OfferNotValid
    terms = _open(offer, token)
    petition = Petition.objects.open().with_texts().filter(pk=terms.petition_id).first()
    if petition is None:
        raise OfferNotValid
    offer.delete()
    _sign(terms, now=now)
    return petition


def _open(offer: Offer, token: str) -> Terms:
    try:
        return Terms.open(bytes(offer.box), token)
    except CannotOpen as error:
        raise OfferNotValid from error


def _sign(terms: Terms, *, now: datetime) -> None:
    """The tally comes last, as when a request is confirmed."""
    signature = _signature(terms, now=now)
    for stored in store_new({bytes.fromhex(terms.withdrawal_link): signature}):
        if stored.pk == signature.pk:
            _carry(terms, signature)
            Tally.objects.change(petition_ids=[terms.petition_id], country=terms.country, by=1)


def _signature(terms: Terms, *, now: datetime) -> Signature:
    return Signature(
        petition_id=terms.petition_id,
        index=bytes.fromhex(terms.index),
        look_alike=bytes.fromhex(terms.look_alike),
        country=terms.country,
        visibility=terms.visibility,
        language=terms.language,
        consent_version=consent.version(),
        confirmed_hour=this_hour(now),
        disposable=terms.disposable,
        crowd=bytes.fromhex(terms.crowd) or None,
    )


def _carry(terms: Terms, signature: Signature) -> None:
    if not terms.sig_box:
        return
    CarriedDetails.objects.create(
        signature=signature,
        box=bytes.fromhex(terms.sig_box),
        from_petition_id=terms.from_petition_id,
        from_signature_id=terms.from_signature_id,
    )


# --- What an offer is made of


def _indexes(request: SignRequest) -> dict[int, tuple[bytes, bytes]]:
    """Blind index and look-alike index by petition, as the mailer wrote them."""
    return {
        **_by_petition(request.petition_ids, request.indexes, request.look_alikes),
        **_by_petition(
            request.other_petition_ids, request.other_indexes, request.other_look_alikes
        ),
    }


def _by_petition(
    petition_ids: Sequence[int] | None,
    indexes: Sequence[Bytes] | None,
    look_alikes: Sequence[Bytes] | None,
) -> dict[int, tuple[bytes, bytes]]:
    pairs = zip(map(bytes, indexes or []), map(bytes, look_alikes or []), strict=True)
    return dict(zip(petition_ids or [], pairs, strict=True))


def _terms(
    shared: dict[str, Any], withdraw_hash: bytes, petition_id: int, indexes: tuple[bytes, bytes]
) -> Terms:
    index, look_alike = indexes
    return Terms(
        petition_id=petition_id,
        index=index.hex(),
        look_alike=look_alike.hex(),
        withdrawal_link=signature_link(withdraw_hash, petition_id).hex(),
        **shared,
    )


def _shared_terms(request: SignRequest) -> dict[str, Any]:
    """What is the same for all asks."""
    return {
        "country": request.country.code,
        "visibility": request.visibility,
        "language": request.language,
        "sig_box": _details(request).hex(),
        "from_petition_id": request.petition_ids[0],
        "from_signature_id": str(signature_id(request.id, request.petition_ids[0])),
        "disposable": request.disposable,
        "crowd": bytes(request.crowd or b"").hex(),
    }


def _details(request: SignRequest) -> bytes:
    """All boxes of a request hold the same details; the first stands for them."""
    return bytes(request.sig_boxes[0]) if request.sig_boxes else b""


def _epoch_of_details(request: SignRequest) -> str:
    """Empty where there are none, or where what was stored is no box: its signature shows that."""
    try:
        return epoch_of(_details(request))
    except CannotOpen:
        return ""
