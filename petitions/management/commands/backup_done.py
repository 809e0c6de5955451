from typing import Any

from django.core.management.base import BaseCommand

from petitions.models import Heartbeat
from petitions.models.heartbeat import BACKUP


class Command(BaseCommand):
    help = "Note that a backup was just made and stored: the organizers' first page shows when."

    def handle(self, **_: Any) -> None:
        Heartbeat.objects.beat(BACKUP)
        self.stdout.write("Noted.")
