from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Count

from petitions.delivery.batches import close_batches, next_batch_at, petitions_waiting
from petitions.delivery.queue import send_letters
from petitions.models import Delivery, Office, Petition, Signature
from petitions.models.clock import database_now
from petitions.signatures.carry import carry_details


class Command(BaseCommand):
    help = (
        "Close a batch of each petition that has something to tell, and send all letters that are"
        " due, now. With --scheduled only batches whose day has come, as beat does it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only show what would be sent.")
        parser.add_argument(
            "--scheduled", action="store_true", help="Leave batches whose day has not come."
        )

    def handle(self, *, dry_run: bool, scheduled: bool, **_: Any) -> None:
        if dry_run:
            self.show(self.due_petitions(scheduled=scheduled))
            return
        carry_details()
        petitions = self.due_petitions(scheduled=scheduled)
        for batch in close_batches(petitions, now=database_now()):
            self.stdout.write(f"Closed batch {batch}, signatures: {batch.size}.")
        while sent := send_letters():
            self.stdout.write(f"Letters sent: {sent}.")
        self.report()

    def due_petitions(self, *, scheduled: bool) -> list[Petition]:
        now = database_now()
        return [
            petition
            for petition in petitions_waiting()
            if not scheduled or next_batch_at(petition) <= now
        ]

    def show(self, petitions: list[Petition]) -> None:
        for petition in petitions:
            size = Signature.objects.ready_for_batch().filter(petition=petition).count()
            offices = Office.objects.responsible_for(petition).count()
            self.stdout.write(f"{petition.slug}: signatures: {size}, offices: {offices}.")
        waiting = Delivery.objects.due(now=database_now()).count()
        self.stdout.write(f"Letters of earlier batches that are due: {waiting}.")

    def report(self) -> None:
        states = Delivery.objects.order_by().values_list("state").annotate(Count("pk"))
        counts = ", ".join(f"{count} {state}" for state, count in states)
        self.stdout.write(f"All letters by state: {counts or 'none yet'}.")
