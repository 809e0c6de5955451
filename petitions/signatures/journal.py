"""What people had erased, kept where the database is not: a backup of it can't know.

One file beside what the public log remembers, with a line for each row's random id, of 60 days. It
is written whole and sorted, so that its order tells nothing.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings

from petitions.models import Tombstone
from petitions.signatures.replay import lines, read_line
from petitions.vault.files import locked, write_text


def keep_journal(*, now: datetime) -> None:
    """Write down what was erased; lines stay for their time, also those that the database has not.

    Raises:
        OSError: nobody may write there.
        NotAList: the file has been changed; it stays as it is, until somebody has looked.
    """
    path = Path(settings.LEDGER_MEMORY_DIR) / "erased"
    with locked(path.parent):
        before = _lines_in(path)
        # A database that was put back from a backup does not know the newest of them.
        young = {each for each in before if read_line(each)[0] > (now - Tombstone.LIFE).date()}
        after = young.union(lines())
        if after != before:
            write_text(path, "".join(f"{each}\n" for each in sorted(after)), secret=True)


def _lines_in(path: Path) -> set[str]:
    with suppress(FileNotFoundError):
        return set(path.read_text(encoding="ascii").splitlines())
    return set()
