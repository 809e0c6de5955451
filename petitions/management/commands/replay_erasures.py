from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from petitions.models.clock import database_now
from petitions.signatures.erase import erase_what_is_due
from petitions.signatures.replay import NotAList, replay
from petitions.signatures.retention import erase_what_was_kept


class Command(BaseCommand):
    help = (
        "After a database came back in another way than by 'restore', and before any process"
        " starts: erase again what people had erased, and what is past its time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file",
            type=Path,
            help="the deliverer's journal, or what `manage.py erased` printed last",
        )

    def handle(self, *, file: Path, **_: Any) -> None:
        now = database_now()
        try:
            done = replay(file.read_text(encoding="ascii").splitlines(), now=now)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} can't be read: {error}") from error
        except NotAList as error:
            raise CommandError(f"This is no line of `manage.py erased`: {error}") from error
        erase_what_is_due(now=now)
        erase_what_was_kept(now=now)
        for kind, count in done.items():
            self.stdout.write(f"{kind.value}: {count} erased again")
