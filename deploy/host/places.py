"""Where things lie on a server, and how this program speaks and stops."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

# A scratch tree in place of the machine: nothing outside it is touched, and no account is made.
ROOT = Path(os.environ.get("ROOT") or "/")
SOURCE = Path(__file__).resolve().parents[2]

SITE = ROOT / "srv/five-asks"
RELEASES = SITE / "releases"
ENVIRONMENTS = SITE / "environments"
CURRENT = SITE / "current"
PREVIOUS = SITE / "previous"
SETTINGS = ROOT / "etc/five-asks"
KEYS = SETTINGS / "keys"
UNITS = ROOT / "etc/systemd/system"

# Each private folder of keys belongs to a group of its name.
PRIVATE_KEYS = ("mail", "signature", "pepper", "ledger")


def is_the_machine() -> bool:
    return Path("/") == ROOT


def say(words: str) -> None:
    print(words, flush=True)


def stop(words: str) -> NoReturn:
    sys.exit(f"five-asks: {words}")


@contextmanager
def alone() -> Iterator[None]:
    """Two administrators must not upgrade at once; a killed one holds nothing."""
    SITE.mkdir(parents=True, exist_ok=True)
    with (SITE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stop("another install, upgrade or rollback is under way.")
        yield


def point(link: Path, target: Path) -> None:
    """Turn a link around at once: at no moment does it lead nowhere."""
    draft = link.with_name(f".{link.name}")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target.relative_to(link.parent))
    draft.replace(link)
