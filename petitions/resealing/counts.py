"""What would be lost with a key, or is still sealed to an old one."""

from __future__ import annotations

from django.db import models

from petitions.models import Offer
from petitions.models.clock import database_now
from petitions.resealing.shelf import Shelf
from petitions.resealing.shelves import SHELVES
from petitions.vault import CannotOpen, Purpose, epoch_of

OFFERS = "offers of one tap"


def count_rows(purpose: Purpose) -> dict[str, dict[str | None, int]]:
    """What would be lost with keys of a purpose: rows by their name and epoch.

    Offers are on no shelf, since only their holder's page can open them. They are over within two
    hours, and until then their details are lost with the key.
    """
    counts = {shelf.name: count_by_epoch(shelf) for shelf in SHELVES if shelf.purpose == purpose}
    if purpose == Purpose.SIGNATURE:
        counts[OFFERS] = count_offers_by_epoch()
    return counts


def count_offers_by_epoch() -> dict[str | None, int]:
    """Those that can still be used, by the epoch of the details inside."""
    offers = Offer.objects.alive(now=database_now()).exclude(epoch="").values_list("epoch")
    return dict(offers.annotate(count=models.Count("pk")))


def count_by_epoch(shelf: Shelf) -> dict[str | None, int]:
    """Rows by the epoch of their boxes, and under None those that hold something else.

    A row whose boxes are of two epochs counts for each.
    """
    headers = shelf.rows().order_by().annotate(found=models.Func("headers", function="unnest"))
    counts: dict[str | None, int] = {}
    for found, count in headers.values_list("found").annotate(count=models.Count("pk")):
        epoch = _epoch_in(found)
        counts[epoch] = counts.get(epoch, 0) + count
    return counts


def _epoch_in(found: str) -> str | None:
    try:
        return epoch_of(bytes.fromhex(found))
    except CannotOpen:
        return None
