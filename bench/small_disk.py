"""A folder on a file system of its own, which can be filled to the last byte. Root only, Linux only.

The mount is in a namespace of our own (`scripts/faults` makes it), so that it goes with us however
we end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BALLAST = "ballast"
CHUNK = 64 * 1024


def can_be_made() -> bool:
    """Whether we may mount, and nobody else would see it."""
    return os.geteuid() == 0 and bool(os.environ.get("MOUNTS_ARE_OUR_OWN"))


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[None]:
    """What is in the folder moves to the small disk, and is gone with it."""
    owner = folder.stat()
    original = folder.with_name(f"{folder.name}.before")
    folder.rename(original)
    folder.mkdir()
    options = f"size={megabytes}m,uid={owner.st_uid},gid={owner.st_gid},mode=0700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)  # noqa: S603, S607 - our own folder
    subprocess.run(["cp", "-a", f"{original}/.", folder], check=True)  # noqa: S603, S607 - likewise
    shutil.rmtree(original)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)  # noqa: S603, S607 - likewise


def fill(folder: Path) -> None:
    """Until there is no room for a byte."""
    with (folder / BALLAST).open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(bytes(CHUNK))


def empty(folder: Path) -> None:
    (folder / BALLAST).unlink()
