"""A folder of backups: written aside, tried, then given their name; erased when their time is over."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from petitions.backups.make import write_backup
from petitions.backups.put_back import Contents, copy_in
from petitions.backups.scratch import scratch_database
from petitions.exports import age

# Half as long as what people had erased is remembered (models/withdrawal.py).
KEPT_FOR: Final = timedelta(days=30)
_NAMED: Final = "five-asks-%Y-%m-%dT%H%M%SZ.age"
_DRAFT: Final = "five-asks.draft"


def back_up(folder: Path, *, recipients: list[str], now: datetime) -> tuple[Path, Contents]:
    """Write a backup, read it from the disk into a scratch database, and compare the two.

    For that it is encrypted to one more key, which is made for it and forgotten: this machine
    opens what it has just written, and nothing older.

    Raises:
        OSError: there is no room, or no right to write there; nothing is left of it.
        Refused, NotABackup, WrongKey, NotWhole: it can't be put back; nothing is left of it.
    """
    identity, recipient = age.make_identity()
    path = folder / now.astimezone(UTC).strftime(_NAMED)
    draft = folder / _DRAFT
    try:
        _write(draft, [*recipients, recipient])
        contents = _try(draft, identity)
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    return path, contents


def erase_old(folder: Path, *, now: datetime) -> list[Path]:
    """By the time that their names tell; nothing else in the folder is touched."""
    old = [path for path in sorted(folder.iterdir()) if _is_old(path, now=now)]
    for path in old:
        path.unlink()
    return old


def _write(path: Path, recipients: list[str]) -> None:
    path.unlink(missing_ok=True)  # a killed command may have left it
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        write_backup(out, recipients=recipients)
        out.flush()
        os.fsync(out.fileno())


def _try(path: Path, identity: str) -> Contents:
    with (
        scratch_database(),
        path.open("rb") as file,
        age.opened(file, identities=[identity]) as plain,
    ):
        return copy_in(plain)


def _is_old(path: Path, *, now: datetime) -> bool:
    try:
        made = datetime.strptime(path.name, _NAMED).replace(tzinfo=UTC)
    except ValueError:
        return False
    return made <= now - KEPT_FOR
