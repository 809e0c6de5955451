from typing import Any

from django.core.management.base import BaseCommand

from petitions.models.clock import database_now
from petitions.pictures.draw import draw_pictures


class Command(BaseCommand):
    help = "Draw the share pictures whose words or count have changed since they were drawn."

    def handle(self, **_: Any) -> None:
        drawn = draw_pictures(now=database_now())
        self.stdout.write(f"{drawn} drawn.")
