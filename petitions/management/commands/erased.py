from typing import Any

from django.core.management.base import BaseCommand

from petitions.signatures.replay import lines


class Command(BaseCommand):
    help = (
        "Print what people had erased in the last 60 days, by rows' random ids: keep it where the"
        " backups are not, and give it to replay_erasures after a backup was put back."
    )

    def handle(self, **_: Any) -> None:
        for line in lines():
            self.stdout.write(line)
