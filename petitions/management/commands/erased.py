from typing import Any

from django.core.management.base import BaseCommand

from petitions.signatures.replay import lines


class Command(BaseCommand):
    help = (
        "Print what people had erased in the last 60 days, by rows' random ids, as the deliverer"
        " keeps it in LEDGER_MEMORY_DIR: for 'restore', from a database that is still there."
    )

    def handle(self, **_: Any) -> None:
        for line in lines():
            self.stdout.write(line)
