"""What a batch holds, opened: those who may be named, all by country, and their receipts."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from five_asks_verify.entries import Receipt
from petitions.models import Batch, Leaf, Signature, Visibility
from petitions.models.sealed import Details, tolerate
from petitions.vault import CannotOpen

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Signer:
    reference: UUID
    country: str
    details: Details


@dataclass(frozen=True)
class BatchContent:
    """A batch as it can be told to an office: those who may be named, and all by country.

    `receipts` open the leaves of all of them in the public log, in order of places. They are kept
    apart from names: a list that leaks must not tell whose code lies on a seized phone.
    """

    signers: list[Signer]
    by_country: Counter[str]
    receipts: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return self.by_country.total()

    @property
    def counted_only(self) -> int:
        return self.size - len(self.signers)

    def signers_of(self, country: str) -> list[Signer]:
        return [signer for signer in self.signers if signer.country == country]


def open_batch(batch: Batch) -> BatchContent:
    """Open a batch's signatures; one that does not open is counted, quarantined and not named.

    Raises:
        TooManyDamagedBoxes: more than one, and more than one in a thousand.
    """
    signers: list[Signer] = []
    damaged: list[UUID] = []
    by_country: Counter[str] = Counter()
    for signature in Signature.objects.filter(batch=batch).order_by("country", "id").iterator():
        by_country[signature.country.code] += 1
        try:
            details = signature.open_details()
        except CannotOpen:
            damaged.append(signature.id)
        else:
            if details and may_be_named(signature):
                signers.append(Signer(signature.id, signature.country.code, details))
    tolerate(damaged=len(damaged), opened=by_country.total() - len(damaged))
    _quarantine(damaged)
    return BatchContent(signers, by_country, tuple(_receipts(batch)))


def _receipts(batch: Batch) -> Iterator[str]:
    # As values: to make objects of a hundred thousand takes longer than all else.
    leaves = Leaf.objects.of_batch(batch).values_list("log", "place", "secret")
    for log_id, place, secret in leaves.iterator():
        yield str(Receipt(log_id, place, bytes(secret)))


def may_be_named(signature: Signature) -> bool:
    return signature.visibility != Visibility.WITHHELD and not signature.restricted


def _quarantine(damaged: list[UUID]) -> None:
    for signature_id in damaged:
        log.error("signature %s does not open: quarantined", signature_id)
    Signature.objects.filter(pk__in=damaged).update(quarantined=True)
