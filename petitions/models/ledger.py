"""The public log of a petition: who has which leaf, what everybody may read, and its signed heads.

docs/ledger.md says what the log proves; `five_asks_verify` reads it from outside.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from five_asks_verify.entries import Receipt
from petitions.models.batch import Batch
from petitions.models.petition import Petition
from petitions.models.signature import Signature

if TYPE_CHECKING:
    from collections.abc import Iterable

    from five_asks_verify.entries import BatchClosed, Change


class LogQuerySet(models.QuerySet["Log"]):
    def of(self, petition: Petition) -> Log | None:
        """The log that the petition's signatures go into now; None before anything was published."""
        return self.filter(petition=petition).order_by("-pk").first()

    def of_or_new(self, petition: Petition, *, now: datetime) -> Log:
        """Call it while the petition is locked, so that two can't begin one."""
        return self.of(petition) or self.begin(petition, now=now)

    def begin(self, petition: Petition, *, now: datetime) -> Log:
        log = self.create(petition=petition, begun_at=now)
        log.origin = f"{settings.SITE_URL.partition('://')[2]}/ledger/{log.pk}"
        log.save(update_fields=["origin"])
        return log


class Log(models.Model):
    """A petition has one; another follows where an old backup was put back over the first."""

    petition = models.ForeignKey(Petition, models.PROTECT, related_name="logs")
    # Kept, because it is signed: it stays what it was when the site moves.
    origin = models.CharField(max_length=300)
    begun_at = models.DateTimeField()
    highest_batch = models.PositiveIntegerField(default=0)
    """A batch that was taken back leaves its number in the log, and no other one gets it."""

    objects = LogQuerySet.as_manager()

    class Meta:
        verbose_name = _("public log")
        verbose_name_plural = _("public logs")
        default_permissions = ()

    def __str__(self) -> str:
        return self.origin

    @property
    def size(self) -> int:
        """How many leaves are published."""
        head = self.heads.last()
        return head.size if head else 0


class LeafQuerySet(models.QuerySet["Leaf"]):
    def of_batch(self, batch: Batch) -> LeafQuerySet:
        """Who withdrew since it was closed has none any more."""
        return self.filter(signature__batch=batch).order_by("place")


class Leaf(models.Model):
    """Where a signature stands in the log, and the secret that opens its leaf.

    It goes with the signature: then the log keeps a hash that nobody can open any more.
    """

    signature = models.OneToOneField(
        Signature, models.PROTECT, primary_key=True, related_name="leaf"
    )
    # No log is ever deleted, and looking it up for each of a million leaves took a fifth of the time.
    log = models.ForeignKey(Log, models.PROTECT, db_index=False, db_constraint=False)
    place = models.BigIntegerField()
    secret = models.BinaryField(max_length=32)

    objects = LeafQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["log", "place"], name="leaf_once_in_a_log")]

    def __str__(self) -> str:
        return f"leaf {self.place}"

    @property
    def receipt(self) -> Receipt:
        return Receipt(self.log_id, self.place, bytes(self.secret))


class LogEntryQuerySet(models.QuerySet["LogEntry"]):
    def waiting(self) -> LogEntryQuerySet:
        return self.filter(place=None)

    def add(self, entries: Iterable[tuple[int, Change | BatchClosed, int]]) -> None:
        """To logs, by their numbers: what is published next, and by how much it changes the count."""
        self.bulk_create(
            self.model(log_id=log_id, text=str(entry), change=change)
            for log_id, entry, change in entries
        )


class LogEntry(models.Model):
    """A leaf that everybody may read: what became of signatures, or that a batch was closed."""

    log = models.ForeignKey(Log, models.PROTECT, related_name="entries", db_index=False)
    place = models.BigIntegerField(null=True)
    text = models.TextField()
    change = models.IntegerField(default=0)

    objects = LogEntryQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["log", "place"], name="log_entry_once_in_a_place")
        ]

    def __str__(self) -> str:
        return self.text


class LogTile(models.Model):
    """Up to 256 hashes of one level; see five_asks_verify/tiles.py."""

    log = models.ForeignKey(Log, models.PROTECT, db_index=False)  # the constraint's index has it
    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["log", "level", "index"], name="log_tile_once")
        ]

    def __str__(self) -> str:
        return f"tile {self.level}/{self.index}"


class Head(models.Model):
    """A signed checkpoint: so many leaves, this root. None is ever taken back."""

    log = models.ForeignKey(Log, models.PROTECT, related_name="heads", db_index=False)
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    """As C2SP signed-note writes it, with the log's own signature."""
    counted = models.PositiveIntegerField()
    """How many signatures count, by the leaves up to here."""
    published_at = models.DateTimeField()

    class Meta:
        verbose_name = _("head of a public log")
        verbose_name_plural = _("heads of public logs")
        default_permissions = ()
        ordering = ["log", "size"]
        constraints = [models.UniqueConstraint(fields=["log", "size"], name="head_once_in_a_log")]

    def __str__(self) -> str:
        return f"{self.log_id}: {self.size}"

    @property
    def cosigned_note(self) -> str:
        """With the witnesses' lines below the log's own signature."""
        lines = self.cosignatures.order_by("pk").values_list("line", flat=True)
        return self.note + "".join(f"{line.strip()}\n" for line in lines)


class Cosignature(models.Model):
    """A witness's line below a head's note: it has seen that the log only grew."""

    head = models.ForeignKey(Head, models.PROTECT, related_name="cosignatures")
    line = models.TextField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["head", "line"], name="cosignature_once")]

    def __str__(self) -> str:
        return self.line.strip()
