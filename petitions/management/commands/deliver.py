from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.db.models import Count

from petitions.delivery.batches import (
    close_batches,
    close_scheduled_batches,
    may_close,
    petitions_waiting,
)
from petitions.delivery.preview import preview
from petitions.delivery.queue import send_letters
from petitions.models import AuditEntry, Batch, Delivery, Pause, Petition
from petitions.models.clock import database_now
from petitions.signatures.carry import carry_details


class Command(BaseCommand):
    help = (
        "Close a batch of each petition that has something to tell, and send all letters that are"
        " due, now, also to offices that are closed at this hour. Paused letters, and those of a"
        " petition whose first letter no organizer has approved, stay. With --scheduled only"
        " batches whose day has come and offices that are open, as beat does it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Only show who would get what, and why an office would not.",
        )
        parser.add_argument(
            "--scheduled",
            action="store_true",
            help="Leave batches whose day has not come, and offices that are closed now.",
        )
        parser.add_argument(
            "--approve",
            action="store_true",
            help="Approve the letters of all public petitions first: you have read them.",
        )

    def handle(self, *, dry_run: bool, scheduled: bool, approve: bool, **_: Any) -> None:
        if dry_run:
            self.show(scheduled=scheduled)
            return
        if approve:
            self.approve()
        carry_details()
        for batch in self.close(scheduled=scheduled):
            self.stdout.write(f"Closed batch {batch}, signatures: {batch.size}.")
        while sent := send_letters(at_any_hour=not scheduled):
            self.stdout.write(f"Letters sent: {sent}.")
        self.report()

    def approve(self) -> None:
        for petition in Petition.objects.public().filter(letters_approved_at=None):
            with transaction.atomic():
                petition.approve_letters(by=None, now=database_now())
                AuditEntry.objects.record(
                    user=None, action=AuditEntry.Action.APPROVE, count=1, selection=petition.slug
                )
            self.stdout.write(f"Approved the letters of {petition.slug}.")

    def close(self, *, scheduled: bool) -> list[Batch]:
        now = database_now()
        if scheduled:
            return close_scheduled_batches(now=now)
        return close_batches([each for each in petitions_waiting() if may_close(each)], now=now)

    def show(self, *, scheduled: bool) -> None:
        for line in preview(now=database_now(), by_hand=not scheduled):
            self.stdout.write(
                f"{line.petition.slug} → {line.office} ({line.office.language}):"
                f" signatures: {line.signatures}, earlier letters: {line.earlier},"
                f" {line.why_not or 'now'}."
            )

    def report(self) -> None:
        for petition in petitions_waiting():
            if petition.letters_approved_at is None:
                self.stdout.write(
                    f"{petition.slug}: nothing is sent before an organizer has read its letter and"
                    " approved it, in the admin or with --approve."
                )
        for pause in Pause.objects.select_related("petition", "office"):
            self.stdout.write(f"Paused: {pause.what}. Why: {pause.reason}")
        states = Delivery.objects.order_by().values_list("state").annotate(Count("pk"))
        counts = ", ".join(f"{count} {state}" for state, count in states)
        self.stdout.write(f"All letters by state: {counts or 'none yet'}.")
