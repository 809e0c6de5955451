"""From a valid form to a sealed sign request: one INSERT, and nothing that can be read back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from petitions.models import SignRequest, Visibility
from petitions.models.clock import this_hour
from petitions.models.news import news_subscriber_id
from petitions.models.sealed import Details, Mailing, seal_news_address
from petitions.models.signature import signature_id
from petitions.signatures.tokens import make_token, token_hash


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody asked for on a form; `address` is clean, `petition_ids` are open petitions."""

    petition_ids: Sequence[int]
    address: str
    name: str
    country: str
    postcode: str
    comment: str
    visibility: Visibility
    news: bool
    language: str
    partner_id: int | None = None
    """Whose link led here; counted if the signature is confirmed."""


def request_signature(
    wish: Wish, *, now: datetime, mail_at: datetime | None = None, crowd: bytes | None = None
) -> None:
    """Keep a wish, sealed, until its address is confirmed. Its mail goes out at once or `mail_at`.
    `crowd` marks those that came in one, from one network.

    Nothing is looked up: a person who has signed costs and changes the same as a new one.

    Raises:
        KeysUnavailable: nothing can be sealed, so nothing is stored.
    """
    request_id = uuid.uuid4()
    mailing = Mailing(address=wish.address, confirm_token=make_token(), withdraw_token=make_token())
    SignRequest.objects.add(
        id=request_id,
        token_hash=token_hash(mailing.confirm_token),
        withdraw_hash=token_hash(mailing.withdraw_token),
        created_hour=this_hour(now),
        # Who need not wait leaves no time but the hour.
        mail_due_at=mail_at if mail_at and mail_at > now else this_hour(now),
        language=wish.language,
        country=wish.country,
        partner_id=wish.partner_id,
        visibility=wish.visibility.value,
        petition_ids=list(wish.petition_ids),
        sig_boxes=_sig_boxes(wish, request_id),
        mail_box=mailing.seal(request_id=request_id),
        news_box=_news_box(wish, request_id),
        crowd=crowd,
    )


def _sig_boxes(wish: Wish, request_id: uuid.UUID) -> list[bytes] | None:
    """A box for each petition; none for who wants to be counted only."""
    if wish.visibility == Visibility.WITHHELD:
        return None
    details = Details(name=wish.name, postcode=wish.postcode, comment=wish.comment)
    return [
        details.seal(petition_id=petition_id, signature_id=signature_id(request_id, petition_id))
        for petition_id in wish.petition_ids
    ]


def _news_box(wish: Wish, request_id: uuid.UUID) -> bytes | None:
    if not wish.news:
        return None
    return seal_news_address(wish.address, subscriber_id=news_subscriber_id(request_id))
