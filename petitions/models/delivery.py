"""A delivery is one batch to one office."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from petitions.models.batch import Batch
from petitions.models.office import Office


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, *, now: datetime) -> DeliveryQuerySet:
        ready = self.filter(state=Delivery.State.READY, due_at__lte=now, office__active=True)
        return ready.order_by("due_at", "id")

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
    tries = models.PositiveIntegerField(_("tries"), default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
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
