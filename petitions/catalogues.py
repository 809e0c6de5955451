"""Turns the catalogues that translators edit (.po) into those that programs read (.mo).

Django would ask GNU gettext for that, which a server and a bare laptop do not have.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import polib


class CatalogueNotValid(Exception):
    """A .po file can't be read; says which one and where."""


def compile_catalogues(folders: Iterable[Path]) -> list[Path]:
    """Compile each `<language>/LC_MESSAGES/*.po` that has changed; returns those.

    Raises:
        CatalogueNotValid: a file can't be read; then its old .mo stays.
    """
    sources = [path for folder in folders for path in sorted(folder.glob("*/LC_MESSAGES/*.po"))]
    return [path for path in sources if _compile(path)]


def _compile(path: Path) -> bool:
    """False where nothing is to do: a compiled file bears the time of its source."""
    compiled = path.with_suffix(".mo")
    time = path.stat().st_mtime_ns
    if compiled.exists() and compiled.stat().st_mtime_ns == time:
        return False
    # Another process may compile, or read, at the same moment.
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_bytes(_read(path).to_binary())
    os.utime(draft, ns=(time, time))
    draft.replace(compiled)
    return True


def _read(path: Path) -> polib.POFile:
    try:
        return polib.pofile(str(path), encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueNotValid(f"{path} can't be read: {error}") from error
