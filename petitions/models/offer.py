"""Signing the other asks with one tap: what the page after a confirmation may still do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from petitions.models.prepared import numbered, run_prepared, values
from petitions.models.signature import Signature

# From the hour in which it was made, which is all that is kept of its time: one to two hours.
LIFE = timedelta(hours=2)


_INSERT = """
    INSERT INTO petitions_offer (token_hash, link_hash, box, epoch, created_hour)
    VALUES {rows}
"""
_ROW = "%(token_hash)b, %(link_hash)b, %(box)b, %(epoch)s, %(created_hour)b"


class OfferQuerySet(models.QuerySet["Offer"]):
    def add(
        self, offers: Sequence[tuple[bytes, bytes, bytes]], *, epoch: str, hour: datetime
    ) -> None:
        """Of token's hash, link's hash and box; prepared, since each confirmation writes some."""
        rows = [
            {
                "token_hash": token_hash,
                "link_hash": link_hash,
                "box": box,
                "epoch": epoch,
                "created_hour": hour,
            }
            for token_hash, link_hash, box in offers
        ]
        run_prepared(_INSERT.format(rows=values(_ROW, len(rows))), numbered(rows))

    def alive(self, *, now: datetime) -> OfferQuerySet:
        return self.filter(created_hour__gt=now - LIFE)

    def expired(self, *, now: datetime) -> OfferQuerySet:
        return self.filter(created_hour__lte=now - LIFE)


class Offer(models.Model):
    """One ask that a confirmed signer may sign with one tap.

    `box` holds `Terms`, sealed to the secret that stands in the signer's page alone, so no row
    tells what ask it is for, or that two belong to one person. By `link_hash` the signer's own
    link finds it, to erase it. The details inside are sealed once more, to a key of `epoch` that
    nobody here can change for another one; so whoever destroys that key has to know.
    """

    token_hash = models.BinaryField(primary_key=True, max_length=32)
    link_hash = models.BinaryField(unique=True, max_length=32)
    box = models.BinaryField()
    epoch = models.CharField(max_length=8, blank=True, default="", db_default="")
    created_hour = models.DateTimeField(db_index=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")

    def __str__(self) -> str:
        return "offer"


class CarriedDetails(models.Model):
    """Details on their way to a signature that was made with one tap.

    They are still sealed for the signature that they were typed for, which `from_petition_id` and
    `from_signature_id` name. The deliverer seals them anew within seconds; until then no letter
    takes the signature.
    """

    signature = models.OneToOneField(
        Signature, models.CASCADE, primary_key=True, related_name="carried"
    )
    box = models.BinaryField()
    from_petition_id = models.BigIntegerField()
    from_signature_id = models.UUIDField()

    class Meta:
        verbose_name = _("details on their way")
        verbose_name_plural = _("details on their way")

    def __str__(self) -> str:
        return str(self.signature_id)
