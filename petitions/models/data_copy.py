"""A copy of what is stored about a signature, on its way to whoever asked for it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from petitions.models.signature import Signature

LIFE = timedelta(hours=24)


class DataCopyQuerySet(models.QuerySet["DataCopy"]):
    def to_be_made(self) -> DataCopyQuerySet:
        return self.filter(box__isnull=True)

    def expired(self, *, now: datetime) -> DataCopyQuerySet:
        return self.filter(created_hour__lte=now - LIFE)


class DataCopy(models.Model):
    """The web process writes the public key, the deliverer the box that is sealed to it.

    The key pair grows from the signer's secret and the signature's id, so that no two rows show
    that they are one person's.
    """

    signature = models.OneToOneField(
        Signature, models.CASCADE, primary_key=True, related_name="data_copy"
    )
    public_key = models.BinaryField()
    box = models.BinaryField(null=True)
    created_hour = models.DateTimeField(db_index=True)

    objects = DataCopyQuerySet.as_manager()

    class Meta:
        verbose_name = _("copy of data")
        verbose_name_plural = _("copies of data")

    def __str__(self) -> str:
        return str(self.signature_id)


def copy_context(signature_id: uuid.UUID) -> str:
    """What a copy's key pair and its box are bound to."""
    return f"copy of signature {signature_id}"
