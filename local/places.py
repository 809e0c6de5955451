"""Where things lie on the disk, and how one run keeps another one out of its folder."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from local.stopping import Trouble

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"


@dataclass(frozen=True)
class Home:
    """A folder with everything that one run leaves on the disk: `var/`, or a throw-away one."""

    folder: Path

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @classmethod
    def of(cls, content: Path) -> "Home":
        """`var/`; for another campaign than the checkout's own a folder in it, with its own data."""
        if content == ROOT / "content":
            return cls(VAR)
        digest = hashlib.sha256(os.fsencode(content)).hexdigest()[:6]
        return cls(VAR / "campaigns" / f"{content.name}-{digest}")

    @classmethod
    def all(cls) -> "list[Home]":
        return [cls(VAR), *(cls(path) for path in sorted((VAR / "campaigns").glob("*")))]

    def make(self) -> None:
        for folder in (self.run, self.log):
            folder.mkdir(parents=True, exist_ok=True)

    def data(self, server: str) -> Path:
        """Where a server keeps its data.

        PostgreSQL refuses root, so root lends it another account. Where that account can't come
        here, because the checkout lies under /root for example, the data lies in /var/tmp.
        """
        if os.geteuid() != 0 or everybody_may_enter(self.folder):
            return self.folder / server
        return shelter() / self.folder.relative_to(ROOT) / server

    def empty(self) -> None:
        """Removes what another run left, but for the static files, which know when they are old."""
        for folder in {self.folder, self.data("postgres").parent}:
            for entry in folder.glob("*"):
                if not entry.name.startswith("static"):
                    remove(entry)


def chosen_content() -> Path:
    """The campaign that `make run` shows."""
    return (ROOT / (os.environ.get("CONTENT_DIR") or "content")).resolve()


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink()


def everybody_may_enter(folder: Path) -> bool:
    """Whether an account with no rights of its own can walk down to the folder."""
    walk = [path for path in (folder, *folder.parents) if path.exists()]
    return all(path.stat().st_mode & 0o001 for path in walk)


def shelter() -> Path:
    """Root's folder for what PostgreSQL's account must reach; `var/elsewhere` points at it."""
    name = hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:12]
    folder = Path("/var/tmp") / f"five-asks-{name}"  # noqa: S108 - kept over reboots; its owner is checked below
    with suppress(FileExistsError):
        folder.mkdir()
    if folder.is_symlink() or folder.stat().st_uid != 0:
        raise Trouble(f"{folder} does not belong to root: remove it and type this again.")
    folder.chmod(0o711)
    VAR.mkdir(exist_ok=True)
    with suppress(FileExistsError):
        (VAR / "elsewhere").symlink_to(folder)
    return folder


@contextmanager
def short_folder() -> Iterator[Path]:
    """For sockets: a socket's path may have 107 characters, and a checkout's can have more."""
    made = tempfile.TemporaryDirectory(prefix="five-asks-", dir="/tmp", ignore_cleanup_errors=True)
    with made as folder:
        yield Path(folder)


@contextmanager
def locked(path: Path, *, otherwise: str) -> Iterator[None]:
    """Holds the lock file; raises Trouble with the given words if another process holds it.

    The kernel lets go of it when the process dies, however it dies.
    """
    lock = take_lock(path)
    if lock is None:
        raise Trouble(f"{otherwise} (process {path.read_text().strip() or 'unknown'}).")
    with lock:
        yield


def take_lock(path: Path) -> TextIO | None:
    """The locked file, to be closed when done; None if another process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock
