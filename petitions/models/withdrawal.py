"""How a signer leaves, and what offices that already have the letter must be told."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from petitions.models.batch import Batch
from petitions.models.news import NewsSubscriber
from petitions.models.prepared import run_prepared
from petitions.models.signature import Signature

_INSERT_LINKS = """
    INSERT INTO petitions_withdrawallink (link_hash, signature_id)
    SELECT * FROM unnest(%(links)b::bytea[], %(signatures)s::uuid[])
    ON CONFLICT DO NOTHING
"""


class WithdrawalLinkQuerySet(models.QuerySet["WithdrawalLink"]):
    def add_new(self, signature_ids: Mapping[bytes, uuid.UUID]) -> None:
        """By their hashes; prepared, since each confirmation writes some."""
        links = {"links": list(signature_ids), "signatures": list(signature_ids.values())}
        run_prepared(_INSERT_LINKS, links)


class WithdrawalLink(models.Model):
    """One mail's link to one thing that it can erase. Several mails may lead to one signature."""

    link_hash = models.BinaryField(primary_key=True, max_length=32)
    signature = models.ForeignKey(
        Signature, models.CASCADE, null=True, related_name="withdrawal_links"
    )
    subscriber = models.ForeignKey(
        NewsSubscriber, models.CASCADE, null=True, related_name="withdrawal_links"
    )

    objects = WithdrawalLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(signature__isnull=True) ^ models.Q(subscriber__isnull=True),
                name="withdrawal_link_leads_to_one_thing",
            )
        ]

    def __str__(self) -> str:
        return "withdrawal link"


class Withdrawal(models.Model):
    """A signature that was erased after a batch had taken it: its number, and nobody's name."""

    signature_id = models.UUIDField(_("reference"), primary_key=True, default=uuid.uuid4)
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="withdrawals")
    told_in = models.ForeignKey(
        Batch,
        models.PROTECT,
        null=True,
        related_name="withdrawals_told",
        help_text=_("The batch whose letters ask the offices to delete it."),
    )
    hour = models.DateTimeField(_("withdrawn (hour)"))

    class Meta:
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")

    def __str__(self) -> str:
        return str(self.signature_id)


class TombstoneQuerySet(models.QuerySet["Tombstone"]):
    def add(self, kind: Tombstone.Kind, ids: Iterable[uuid.UUID], *, now: datetime) -> None:
        """Who is erased after their name was leaves one, that of the erasure."""
        self.bulk_create(
            (Tombstone(row=each, kind=kind, day=now.date()) for each in ids),
            update_conflicts=True,
            update_fields=["kind", "day"],
            unique_fields=["row"],
        )

    def expired(self, *, now: datetime) -> TombstoneQuerySet:
        return self.filter(day__lte=(now - self.model.LIFE).date())


class Tombstone(models.Model):
    """What a person had erased: the random id of the row, and nothing else that was in it.

    It is for backups: the deliverer keeps these where the database is not (signatures/journal.py),
    and `manage.py restore` erases the same rows once more where an older backup brought them back.
    None outlives every backup by much.
    """

    LIFE = timedelta(days=60)

    class Kind(models.TextChoices):
        SIGNATURE = "signature"
        DETAILS = "details"
        NEWS = "news"
        REQUEST = "request"

    # No number that counts up: those of one person would stand side by side.
    row = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=9, choices=Kind)
    day = models.DateField(db_index=True)

    objects = TombstoneQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.row}"
