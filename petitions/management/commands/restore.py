"""`manage.py restore`: needs the database and the backup's private key, and no key of the vault."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from petitions.backups.put_back import PutBack, put_back
from petitions.backups.scratch import scratch_database
from petitions.exports.age import NoIdentity, Opened, identities_in, opened
from petitions.management.backup_words import told


class Command(BaseCommand):
    help = (
        "Brings a backup into an empty database that was just migrated, all of it or nothing. Who"
        " had themselves erased since is erased again; nothing goes out before organizers look."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the backup; '-' reads standard input")
        parser.add_argument(
            "--key", type=Path, required=True, help="the file with the backup's private key"
        )
        since = parser.add_mutually_exclusive_group(required=True)
        since.add_argument(
            "--erased",
            type=Path,
            action="append",
            metavar="FILE",
            help="the deliverer's journal ('erased' in LEDGER_MEMORY_DIR), or what 'manage.py"
            " erased' printed; may be given again",
        )
        since.add_argument(
            "--journal-is-lost",
            action="store_true",
            help="there is none: whoever had themselves erased since the backup comes back",
        )
        since.add_argument(
            "--drill",
            action="store_true",
            help="only try it, in a scratch database beside the one that is there",
        )

    def handle(
        self, *, file: str, key: Path, erased: list[Path] | None, drill: bool, **_: Any
    ) -> None:
        if not settings.ROLE.serves_admin:
            raise CommandError("Do this with CAMPAIGN_ROLE=organizer: it knows all tables.")
        with told(file, came_of_it="Nothing was restored."):
            lines = [line for each in erased or [] for line in lines_in(each)]
            with self.opened(file, key) as plain, scratch_database() if drill else nullcontext():
                done = put_back(plain, erased=lines)
        if drill:
            self.say(f"{file}: it opens and can be restored. {contents_of(done)}")
            return
        self.tell(done)

    @contextmanager
    def opened(self, file: str, key: Path) -> Iterator[Opened]:
        try:
            identities = identities_in(key.read_text())
        except (NoIdentity, UnicodeDecodeError) as error:
            raise CommandError(f"{key} holds no private key of age.") from error
        with source_of(file) as source, opened(source, identities=identities) as plain:
            yield plain

    def tell(self, done: PutBack) -> None:
        self.say(f"Restored. {contents_of(done)}")
        erased = ", ".join(f"{count:,} × {kind}" for kind, count in done.erased.items())
        self.say(f"Erased again, as people had wished since: {erased}.")
        for slug in done.miscounted:
            self.say(f"LOOK AT THIS: the count of {slug} is not the number of its signatures.")
        held = done.held_back
        self.say(
            f"Nothing goes out by itself: letters of {held.petitions:,} petitions wait for a new"
            f" approval, {held.news:,} news are paused. Whether {held.letters:,} letters and"
            f" {held.mails:,} mails with news went out since the backup, the relay is asked where"
            " it can be (RELAY_URL); elsewhere look at its log before you approve: they would go"
            " again, under the same Message-ID."
        )
        self.say(
            "Nobody can know here: who signed since, and which letters closed since the backup have"
            " gone out. Those who were in them are in the next letters again, under a number that"
            " may have been used."
        )
        self.say(
            "Next: start the deliverer; where 'manage.py ledger publish' says that an old backup was"
            " put back, 'manage.py ledger anew PETITION'. Everybody signs in anew."
        )

    def say(self, line: str) -> None:
        self.stdout.write(line)


def lines_in(file: Path) -> list[str]:
    # What is no text has no line of ours either.
    return file.read_text(encoding="ascii", errors="replace").splitlines()


def contents_of(done: PutBack) -> str:
    found = done.contents
    return (
        f"It is of {found.taken_at:%Y-%m-%d %H:%M} UTC: {found.rows:,} rows of {found.tables}"
        " tables; all counts and checksums agree."
    )


@contextmanager
def source_of(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
        return
    with Path(file).open("rb") as source:
        yield source
