"""`manage.py backup`: needs the database and public keys, and no key of the vault."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from petitions.backups.make import write_backup
from petitions.backups.shelf import KEPT_FOR, back_up, erase_old
from petitions.exports.age import NoRecipient, recipient_in
from petitions.management.backup_words import told
from petitions.models.clock import database_now


class Command(BaseCommand):
    help = (
        "Writes all of the database into one file, encrypted to BACKUP_RECIPIENTS as it comes, reads"
        f" it back into a scratch database, compares, and erases those of {KEPT_FOR.days} days ago."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "folder", help="where backups lie; '-' writes to standard output, and tries nothing"
        )

    def handle(self, *, folder: str, **_: Any) -> None:
        recipients = recipients_in_settings()
        with told("What was written", came_of_it="There is no new backup."):
            if folder == "-":
                write_backup(sys.stdout.buffer, recipients=recipients)
                sys.stdout.buffer.flush()
                return
            self.keep(Path(folder), recipients)

    def keep(self, folder: Path, recipients: list[str]) -> None:
        if not settings.ROLE.serves_admin:
            raise CommandError(
                "Only the role organizer knows all tables, and can try a backup. It needs none of"
                " its keys for that."
            )
        now = database_now()
        path, contents = back_up(folder, recipients=recipients, now=now)
        self.stdout.write(
            f"{path}: {contents.rows:,} rows of {contents.tables} tables, {path.stat().st_size:,}"
            " bytes. Restored into a scratch database: all counts and checksums agree."
        )
        for old in erase_old(folder, now=now):
            self.stdout.write(f"{old}: erased, it was {KEPT_FOR.days} days old.")


def recipients_in_settings() -> list[str]:
    if not settings.BACKUP_RECIPIENTS:
        raise CommandError(
            "BACKUP_RECIPIENTS is not set. 'manage.py backup_key FILE' makes a key: do it on a"
            " machine of your own, and bring only the public half here."
        )
    try:
        return [recipient_in(each) for each in settings.BACKUP_RECIPIENTS]
    except NoRecipient as error:
        raise CommandError(
            "BACKUP_RECIPIENTS holds something else than public keys (age1…)."
        ) from error
