"""A delivery is one batch to one office."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from petitions.models.batch import Batch
from petitions.models.office import Office
from petitions.models.pause import Pause


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, *, now: datetime, at_any_hour: bool = False) -> DeliveryQuerySet:
        """Those to send now; `at_any_hour` also those that only wait for an office to open."""
        due = models.Q(due_at__lte=now)
        if at_any_hour:
            due |= models.Q(waits_for_hours=True)
        return self.may_go().filter(due, state=Delivery.State.READY).order_by("due_at", "id")

    def may_go(self) -> DeliveryQuerySet:
        """Those of approved petitions, to offices that take letters, that no pause holds back.

        It asks other tables only by a delivery's own columns: a join would move an UPDATE's other
        conditions into a subquery, and PostgreSQL does not look at that again after it has waited
        for the row.
        """
        batch = models.OuterRef("batch_id")
        approved = Batch.objects.filter(pk=batch, petition__letters_approved_at__isnull=False)
        paused = Pause.objects.filter(
            models.Q(petition__batches=batch)
            | models.Q(office=models.OuterRef("office_id"))
            | models.Q(petition=None, office=None)
        )
        stopped = Office.objects.filter(pk=models.OuterRef("office_id"), active=False)
        return self.filter(models.Exists(approved), ~models.Exists(stopped), ~models.Exists(paused))

    def sent(self) -> DeliveryQuerySet:
        return self.filter(state=Delivery.State.SENT)


class Delivery(models.Model):
    """Every change of state is an UPDATE that names the state, and while a worker holds the
    delivery its fence, so that a worker that slept past its lease changes nothing."""

    class State(models.TextChoices):
        READY = "ready", _("ready")
        SENDING = "sending", _("sending")
        COMMITTING = "committing", _("handing over")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        UNCERTAIN = "uncertain", _("uncertain")

    batch = models.ForeignKey(
        Batch, models.PROTECT, related_name="deliveries", verbose_name=_("batch")
    )
    office = models.ForeignKey(
        Office, models.PROTECT, related_name="deliveries", verbose_name=_("office")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.READY)
    message_id = models.CharField(_("Message-ID"), max_length=200, unique=True)
    due_at = models.DateTimeField(_("due"))
    # Then `due_at` is when the office opens, not the end of a pause after a fault.
    waits_for_hours = models.BooleanField(default=False)
    tries = models.PositiveIntegerField(_("tries"), default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    # When the last try began to be handed over: the relay is asked about what it took since.
    committed_at = models.DateTimeField(null=True, editable=False)
    # Where the last try went: an office's address may be corrected before a bounce is back.
    sent_to = models.EmailField(_("sent to"), blank=True, default="", db_default="", editable=False)
    reply = models.TextField(_("the mail server's last words"), blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-batch__closed_at", "office"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "office"], name="delivery_once_per_office")
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="delivery_due",
                condition=models.Q(state="ready"),
            ),
            models.Index(
                fields=["lease_until"],
                name="delivery_lease",
                condition=models.Q(state__in=["sending", "committing", "uncertain"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch} → {self.office}"
