import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from petitions.models import AuditEntry


class Command(BaseCommand):
    help = (
        "Check that no entry of the audit trail was changed or removed, and print the last link:"
        " note it where the database is not, and give it next time as --noted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--noted", metavar="LINK", help="a last link noted earlier: 64 hexadecimal digits"
        )

    def handle(self, *, noted: str | None, **_: Any) -> None:
        broken = AuditEntry.objects.first_broken()
        if broken is not None:
            raise CommandError(
                f"The audit trail is broken at entry {broken.pk} of {broken.at:%Y-%m-%d %H:%M}:"
                " it or one before it was changed, removed or added by hand."
            )
        if noted and not AuditEntry.objects.filter(link=_bytes_of(noted)).exists():
            raise CommandError(
                "The audit trail has no entry with the link that you noted: its end was cut off,"
                " or all of it was made anew."
            )
        count = AuditEntry.objects.count()
        self.stdout.write(f"The audit trail is whole: {count} entries.")
        self.stdout.write(f"Last link: {AuditEntry.objects.last_link().hex()}")


def _bytes_of(noted: str) -> bytes:
    if not re.fullmatch("[0-9a-fA-F]{64}", noted):
        raise CommandError("--noted wants 64 hexadecimal digits, as this command printed them.")
    return bytes.fromhex(noted)
