from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from petitions.exports.age import make_identity
from petitions.vault.files import write_new


class Command(BaseCommand):
    help = (
        "Makes a key for backups, as age-keygen does: the file opens them, what it prints does not."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, help="where the private half goes; none must be there"
        )

    def handle(self, *, file: Path, **_: Any) -> None:
        identity, recipient = make_identity()
        try:
            write_new(file, f"# public key: {recipient}\n{identity}\n", mode=0o600)
        except OSError as error:
            raise CommandError(f"{error.strerror}: {error.filename}") from error
        self.stdout.write(f"BACKUP_RECIPIENTS={recipient}")
        self.stderr.write(
            f"{file} opens all backups that are made for it, and nothing else does. Print it, keep it"
            " at two places, neither of which has backups, and erase it here."
        )
