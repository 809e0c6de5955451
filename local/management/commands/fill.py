from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from local.filling import CanNotFill, Filled, fill

PARTS = {
    "rows": "rows",
    "indexes": "indexes and keys",
    "tallies": "tallies and sizes of batches",
    "vacuum": "vacuum and statistics",
    "look_alikes": "look-alikes",
    "figures": "figures by day",
}


class Command(BaseCommand):
    help = (
        "Fill the database of 'make run' with N invented signatures of seven months, for"
        " benchmarks. Nobody can sign meanwhile. Their sealed details open for none of them, so"
        " pause letters, and make exports of figures only."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--signatures", type=int, required=True, metavar="N", help="Such as 10_000_000."
        )
        parser.add_argument(
            "--more", action="store_true", help="Also where there are signatures already."
        )

    def handle(self, *, signatures: int, more: bool, **_: Any) -> None:
        def tell(stored: int, seconds: float) -> None:
            self.stdout.write(f"{stored:>12,} of {signatures:,} ({stored / seconds:,.0f} a second)")

        try:
            self.report(fill(signatures, more=more, tell=tell))
        except CanNotFill as reason:
            raise CommandError(str(reason)) from reason

    def report(self, filled: Filled) -> None:
        total = sum(filled.seconds.values())
        for part, seconds in filled.seconds.items():
            self.stdout.write(f"{PARTS[part]:>30}: {seconds:7.1f} s")
        pace = filled.rows / total
        self.stdout.write(
            f"{filled.rows:,} signatures in {total:.1f} s ({pace:,.0f} a second, all told)."
        )
