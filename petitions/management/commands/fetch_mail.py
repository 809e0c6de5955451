from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from petitions.delivery.imap import CannotLook, look


class Command(BaseCommand):
    help = (
        "File what lies in the IMAP folder that RETURNS_IMAP_URL names, now; beat does it each"
        " minute."
    )

    def handle(self, **_: Any) -> None:
        if not settings.RETURNS_IMAP_URL:
            raise CommandError("RETURNS_IMAP_URL is not set.")
        try:
            filed = look()
        except (CannotLook, ImproperlyConfigured) as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(f"{filed} filed.")
