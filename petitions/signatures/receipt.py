"""What a signer's own page shows: each ask's state like a parcel's, and who has answered.

Everything here is read by the web process, so nothing that the signer typed is in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from petitions.models import Answer, Delivery, Leaf, Petition, Signature, SignRequest
from petitions.signatures.links import signatures_behind, subscriptions_behind
from petitions.signatures.tokens import token_hash


@dataclass(frozen=True)
class Parcel:
    """One delivery of the letter that a signature is in."""

    delivery: Delivery
    answered: bool


@dataclass(frozen=True)
class SignedAsk:
    signature: Signature
    parcels: Sequence[Parcel]

    @property
    def petition(self) -> Petition:
        return self.signature.petition

    @property
    def delivered(self) -> int:
        return sum(parcel.delivery.state == Delivery.State.SENT for parcel in self.parcels)

    @property
    def answered(self) -> int:
        return sum(parcel.answered for parcel in self.parcels)

    @property
    def log_receipt(self) -> str:
        """What opens its leaf in the public log; empty where the log has not got it yet.

        It is read when it is asked for: whoever finds it knows who signed.
        """
        leaf = Leaf.objects.filter(signature=self.signature).first()
        return str(leaf.receipt) if leaf else ""

    @property
    def details_are_on_their_way(self) -> bool:
        return hasattr(self.signature, "carried")


@dataclass(frozen=True)
class WaitingRequest:
    """A form that was sent and not confirmed yet."""

    petitions: Sequence[Petition]
    expires_at: datetime


@dataclass(frozen=True)
class Receipt:
    request: WaitingRequest | None
    asks: Sequence[SignedAsk]
    news: bool
    copy_is_wanted: bool
    copy_is_ready: bool

    def __bool__(self) -> bool:
        return self.request is not None or bool(self.asks) or self.news


def receipt(token: str, *, now: datetime) -> Receipt:
    """What the link leads to; false where that is nothing, whatever the reason."""
    withdraw_hash = token_hash(token)
    signatures = list(
        signatures_behind(withdraw_hash).select_related("petition", "batch", "carried", "data_copy")
    )
    parcels = _parcels({each.batch_id for each in signatures if each.batch_id})
    copies = [each.data_copy for each in signatures if hasattr(each, "data_copy")]
    return Receipt(
        request=_waiting_request(withdraw_hash, now=now),
        asks=[SignedAsk(each, parcels.get(each.batch_id or 0, [])) for each in signatures],
        news=subscriptions_behind(withdraw_hash).exists(),
        copy_is_wanted=bool(copies),
        copy_is_ready=bool(copies)
        and len(copies) == len(signatures)
        and all(copy.box is not None for copy in copies),
    )


def _waiting_request(withdraw_hash: bytes, *, now: datetime) -> WaitingRequest | None:
    requests = SignRequest.objects.alive(now=now).filter(withdraw_hash=withdraw_hash)
    request = requests.only("petition_ids", "created_hour").first()
    if request is None:
        return None
    petitions = Petition.objects.with_texts().filter(pk__in=request.petition_ids)
    return WaitingRequest(list(petitions), request.expires_at)


def _parcels(batch_ids: set[int]) -> dict[int, list[Parcel]]:
    """The deliveries by batch, in the order of offices."""
    answers = Answer.objects.public().filter(delivery=OuterRef("pk"))
    deliveries = Delivery.objects.filter(batch__in=batch_ids).annotate(answered=Exists(answers))
    parcels = defaultdict(list)
    for delivery in deliveries.select_related("office").order_by("office"):
        answered: bool = getattr(delivery, "answered")  # noqa: B009 - annotated by the query
        parcels[delivery.batch_id].append(Parcel(delivery, answered))
    return parcels
