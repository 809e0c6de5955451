"""Key files: JSON, written whole or not at all, erased as well as a file system allows."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

OTHERS = 0o007

Stamp = tuple[int, int, int]


def read_json(path: Path) -> dict[str, Any]:
    """The object in a key file.

    Raises:
        OSError: it can't be read.
        ValueError: it holds no JSON object.
    """
    content = json.loads(path.read_bytes())
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds no object.")  # noqa: TRY004 - the content is wrong, no type
    return content


def write_json(path: Path, content: dict[str, Any], *, secret: bool) -> None:
    """Replace `path` at once; with `secret`, only the owner may read it, and no stranger may
    look into its folder. Public files can be read by every role's user, whatever the umask.
    """
    write_text(path, json.dumps(content, indent=2), secret=secret)


def write_text(path: Path, text: str, *, secret: bool) -> None:
    """The same for what is no object."""
    draft = _draft_of(path)
    make_folder(path.parent, secret=secret)
    draft.unlink(missing_ok=True)  # a crash may have left it, with laxer rights
    write_new(draft, text, mode=0o600 if secret else 0o644)
    draft.replace(path)
    _sync_folder(path.parent)


def write_new(path: Path, text: str, *, mode: int) -> None:
    """Write a file that is not there yet; should that fail, half a file is removed.

    Raises:
        FileExistsError: it is there.
        OSError: there is no room, or no right to write here.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def make_folder(folder: Path, *, secret: bool) -> None:
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o700 if secret else 0o755)
    elif secret and open_to_strangers(folder):
        folder.chmod(folder.stat().st_mode & ~OTHERS)


def erase(path: Path) -> None:
    """Overwrite a file in its place, then remove it, and a draft that a crash may have left."""
    for each in (_draft_of(path), path):
        if each.exists():
            _overwrite(each)
            each.unlink()
    _sync_folder(path.parent)


def stamp(path: str | Path) -> Stamp | None:
    """What changes when a file is replaced; None where there is none within reach."""
    try:
        found = os.stat(path)  # noqa: PTH116 - half the time of Path.stat, once for each box
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def reachable(path: Path) -> bool:
    """Whether a file is there, as far as this process may look."""
    return stamp(path) is not None


def open_to_strangers(path: Path) -> bool:
    """Whether others than the owner and the group may reach this file or folder."""
    return reachable(path) and bool(path.stat().st_mode & OTHERS)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other commands that change keys waiting."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _draft_of(path: Path) -> Path:
    return path.with_suffix(".new")


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """A new name survives a power cut only once its folder is on the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
