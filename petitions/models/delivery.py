"""A delivery is one batch to one office; its events tell what became of each try."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Now
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext_lazy as _

from petitions.models.batch import Batch
from petitions.models.office import Office

# Of approved petitions, to offices that take letters, held back by no pause. It asks other tables
# only by a delivery's own columns: a join would move an UPDATE's other conditions into a subquery,
# and PostgreSQL does not look at that again after it has waited for the row.
MAY_GO = """(
    EXISTS (
        SELECT FROM petitions_batch b JOIN petitions_petition p ON p.id = b.petition_id
        WHERE b.id = {batch} AND b.head_id IS NOT NULL AND p.letters_approved_at IS NOT NULL
    )
    AND EXISTS (SELECT FROM petitions_office o WHERE o.id = {office} AND o.active)
    AND NOT EXISTS (
        SELECT FROM petitions_pause s
        WHERE (s.petition_id IS NULL AND s.office_id IS NULL)
           OR s.office_id = {office}
           OR s.petition_id = (SELECT b.petition_id FROM petitions_batch b WHERE b.id = {batch})
    )
)"""


class MayGo(models.Func):
    """`MAY_GO` in a query. One expression: to build the same from the ORM's own takes longer than
    to run it, and it is asked for each letter."""

    output_field = models.BooleanField()

    def __init__(self) -> None:
        super().__init__("batch_id", "office_id")

    def as_sql(
        self,
        compiler: SQLCompiler,
        connection: BaseDatabaseWrapper,  # noqa: ARG002 - Django names it
        *_: Any,
        **__: Any,
    ) -> tuple[str, tuple[str | int, ...]]:
        batch, office = (compiler.compile(each)[0] for each in self.get_source_expressions())
        return MAY_GO.format(batch=batch, office=office), ()


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, *, now: datetime, at_any_hour: bool = False) -> DeliveryQuerySet:
        """Those to send now; `at_any_hour` also those that only wait for an office to open."""
        due = models.Q(due_at__lte=now)
        if at_any_hour:
            due |= models.Q(waits_for_hours=True)
        return self.may_go().filter(due, state=Delivery.State.READY).order_by("due_at", "id")

    def may_go(self) -> DeliveryQuerySet:
        """Those of approved petitions and published batches, to offices that take letters, that no
        pause holds back."""
        return self.filter(MayGo())

    @transaction.atomic
    def move(self, *, words: str = "", **changes: Any) -> int:
        """Change all of them and write into their histories what they came to, or neither.

        `words` where the mail server's last words are not what there is to say.
        """
        locked = self.order_by("pk").select_for_update(of=("self",))
        moved = Delivery.objects.filter(pk__in=list(locked.values_list("pk", flat=True)))
        count = moved.update(**changes)
        DeliveryEvent.objects.bulk_create(
            DeliveryEvent(
                delivery=each, state=each.state, try_number=each.tries, words=words or each.reply
            )
            for each in moved
        )
        return count

    def waiting_for_the_log(self) -> DeliveryQuerySet:
        """Those whose batch has no head yet."""
        return self.filter(state=Delivery.State.READY, batch__head=None)

    def begun(self) -> DeliveryQuerySet:
        """All but those that no worker has ever tried."""
        return self.exclude(state=Delivery.State.READY, tries=0)

    def put_off(self) -> DeliveryQuerySet:
        """Those that a mail server refused for now, or that could not be made."""
        return self.filter(state=Delivery.State.READY, tries__gt=0)

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
    # The pauses after refusals, all in all: after days of them it is given up. Time in which it
    # could not be tried does not count, nor what a clock says that jumps.
    put_off_for = models.DurationField(default=timedelta, db_default=timedelta(0), editable=False)
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
                # All of a batch are due at once: without the id each claim would sort them.
                fields=["due_at", "id"],
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


class DeliveryEvent(models.Model):
    """What a delivery came to, written in the statement or transaction that moves it there.

    A claim and a handing over are no events of their own: what came of them tells of them, and a
    letter that is taken at once has one row. Nor is it one to wait for office hours or a pace.
    """

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="events")
    at = models.DateTimeField(_("when"), db_default=Now())
    state = models.CharField(_("state"), max_length=10, choices=Delivery.State)
    try_number = models.PositiveIntegerField(_("try"))
    words = models.TextField(_("words"), blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("history")
        # Nobody writes it by hand; who sees a delivery sees its history.
        default_permissions = ()
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.delivery}: {self.get_state_display()}"
