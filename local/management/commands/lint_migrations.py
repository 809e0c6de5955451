from typing import Any

from django.core.management.base import BaseCommand, CommandError

from local.migration_locks import dangers


class Command(BaseCommand):
    help = "Say which migrations would lock a table of millions for long, and exit with 1."

    def handle(self, **_: Any) -> None:
        found = dangers()
        for name, problems in found.items():
            for problem in problems:
                self.stdout.write(f"{name}: {problem}")
        if found:
            raise CommandError(
                "docs/operations.md, “Migrations”, says how to write them; who knows better gives"
                " a reason in MAY_LOCK of local/migration_locks.py."
            )
