import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser

ORGANIZER = "organizer"
# Nothing that two people could read differently.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class Command(BaseCommand):
    help = (
        "Give the local organizer a fresh password and print it; print nothing once they have"
        " chosen their own."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--record",
            type=Path,
            default=settings.VAR_DIR / "organizer.json",
            help="Where the hash of the last password that we made is kept.",
        )

    def handle(self, *, record: Path, **_: Any) -> None:
        users = get_user_model().objects
        organizer = users.filter(username=ORGANIZER).first()
        if organizer is not None and organizer.password != last_made(record):
            return
        if organizer is None:
            organizer = users.create_superuser(ORGANIZER)
        password = "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(4))
        organizer.set_password(password)
        organizer.save(update_fields=["password"])
        keep(record, organizer.password)
        self.stdout.write(password)


def last_made(record: Path) -> str:
    try:
        made: str = json.loads(record.read_text())["password_hash"]
    except (FileNotFoundError, ValueError, KeyError):
        return ""
    return made


def keep(record: Path, password_hash: str) -> None:
    draft = record.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"password_hash": password_hash}, file)
    draft.replace(record)
