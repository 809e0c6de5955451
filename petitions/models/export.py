"""An export: signatures that an organizer asked for as a file, from the order to its end.

    (waiting for approval ->) queued -> being made -> ready -> gone after a day

On the way it may be cancelled or fail; from both a click goes on.

The order is a row that the organizers' process writes; a deliverer makes the file (exports/make.py)
and leaves it here in encrypted chunks. The row stays as a record and names no signer.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, models
from django.utils.translation import gettext_lazy as _
from psycopg import Cursor

from petitions.models.sealed import open_export_key

EXPORT_LIFE = timedelta(hours=24)
LEASE = timedelta(minutes=2)


class Use(models.TextChoices):
    """What signers consented to decides who is in a file, and with what."""

    DELIVER = "deliver", _("to deliver them")
    PUBLISH = "publish", _("to publish them")
    FIGURES = "figures", _("for figures")


class Format(models.TextChoices):
    CSV = "csv", "CSV"
    XLSX = "xlsx", "Excel (XLSX)"
    JSONL = "jsonl", "JSON Lines"
    PARQUET = "parquet", "Parquet"


class ExportQuerySet(models.QuerySet["Export"]):
    def to_be_made(self, *, now: datetime) -> ExportQuerySet:
        """Those that nobody has begun, and those whose maker has been silent for too long."""
        state = Export.State
        silent = models.Q(state=state.MAKING, lease_until__lte=now)
        return self.filter(models.Q(state=state.QUEUED) | silent)

    def being_made(self, *, now: datetime) -> ExportQuerySet:
        return self.filter(state=Export.State.MAKING, lease_until__gt=now)

    def held(self, *, fence: int) -> ExportQuerySet:
        """Itself, as long as it is still this maker's to make."""
        return self.filter(state=Export.State.MAKING, fence=fence)

    def expired(self, *, now: datetime) -> ExportQuerySet:
        return self.filter(state=Export.State.READY, made_at__lte=now - EXPORT_LIFE)


class Export(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", _("waits for approval")
        QUEUED = "queued", _("queued")
        MAKING = "making", _("being made")
        READY = "ready", _("ready")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("failed")
        GONE = "gone", _("erased")

    class Fault(models.TextChoices):
        NONE = "", ""
        KEYS = "keys", _("The workers’ keys do not open the signatures.")
        DAMAGED = "damaged", _("Too many signatures are damaged.")
        BROKEN = "broken", _("A worker stopped; the log says more.")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(_("number"), unique=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who")
    )
    ordered_at = models.DateTimeField(_("ordered"))
    reason = models.TextField(_("why"))
    use = models.CharField(_("use"), max_length=7, choices=Use)
    format = models.CharField(_("format"), max_length=7, choices=Format)
    columns = models.JSONField(_("columns"))
    # exports/selection.py reads it; `words` says the same to people.
    selection = models.JSONField()
    words = models.TextField(_("which"))
    age_recipient = models.CharField(_("encrypted to"), max_length=100, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("approved by"),
    )
    approved_at = models.DateTimeField(_("approved"), null=True)

    state = models.CharField(_("state"), max_length=9, choices=State)
    fault = models.CharField(max_length=7, choices=Fault, blank=True)
    # Each claim raises it, so that a maker who slept past its lease finds that it holds nothing.
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    rows_total = models.PositiveIntegerField(_("signatures"))
    rows_done = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    key_box = models.BinaryField(null=True)
    made_at = models.DateTimeField(_("made"), null=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-number"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(approved_by__isnull=True)
                | ~models.Q(approved_by=models.F("by")),
                name="export_approved_by_another",
            ),
        ]
        indexes = [
            models.Index(
                fields=["number"],
                name="export_to_be_made",
                condition=models.Q(state__in=["queued", "making"]),
            )
        ]

    def __str__(self) -> str:
        return str(_("Export %(number)s") % {"number": self.number})

    def open_key(self) -> bytes:
        """Raises `CannotOpen` where the box is not this row's."""
        return open_export_key(bytes(self.key_box or b""), export_id=self.pk)

    @property
    def file_name(self) -> str:
        """It names the exporter, whom a copy leads back to."""
        name = f"signatures-export-{self.number}-by-{self.by_id}.{self.format}"
        return f"{name}.age" if self.age_recipient else name

    @property
    def until(self) -> datetime | None:
        return self.made_at and self.made_at + EXPORT_LIFE


class ExportChunkManager(models.Manager["ExportChunk"]):
    def store(self, *, export_id: uuid.UUID, number: int, data: bytes) -> None:
        """As binary, by a cursor of psycopg's: Django's would write a text of twice as many digits."""
        with Cursor(connection.connection) as cursor:
            cursor.execute(
                "INSERT INTO petitions_exportchunk (export_id, number, data) VALUES (%s, %s, %b)",
                [export_id, number, data],
            )


class ExportChunk(models.Model):
    export = models.ForeignKey(Export, models.CASCADE, related_name="chunks", db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    objects = ExportChunkManager()

    class Meta:
        verbose_name = _("part of an export")
        verbose_name_plural = _("parts of exports")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="export_chunk_once")
        ]

    def __str__(self) -> str:
        return f"{self.export_id} {self.number}"


class AgeKey(models.Model):
    """To whom an organizer's exports are encrypted: the public half; the other one is theirs."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True)
    recipient = models.CharField(max_length=100)

    class Meta:
        verbose_name = _("key for exports")
        verbose_name_plural = _("keys for exports")
        default_permissions = ()

    def __str__(self) -> str:
        return self.recipient
