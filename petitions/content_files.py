"""Reads the files of a campaign. What can't be used is said in one line, with file and line."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FENCE = "+++\n"


class ContentNotValid(Exception):
    """A file of the campaign can't be used; says which one, where and why."""


@dataclass(frozen=True)
class Place:
    """A file, or a line of it."""

    path: Path
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}" if self.line else str(self.path)

    def wrong(self, words: str) -> ContentNotValid:
        return ContentNotValid(f"{self}: {words}")


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ContentNotValid(f"{path} is missing.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ContentNotValid(f"{path} can't be read as text in UTF-8.") from error


def read_toml(path: Path) -> dict[str, Any]:
    return _parse(read_text(path), path, lines_before=0)


def read_markdown(path: Path) -> tuple[dict[str, Any], str]:
    """What stands between the +++ lines, read as TOML; and the Markdown after them."""
    parts = read_text(path).split(FENCE, 2)
    if len(parts) != 3 or parts[0].strip():  # noqa: PLR2004 - before, between and after the fences
        raise Place(path, 1).wrong("it must begin with facts between two lines of +++.")
    return _parse(parts[1], path, lines_before=1 + parts[0].count("\n")), parts[2].strip()


def place_of(path: Path, name: str) -> Place:
    """Where a fact of this name stands in a file of TOML, or in the head of one of Markdown."""
    line = re.compile(rf"\s*{re.escape(name)}\s*=")
    numbers = [number for number, text in enumerate(_lines(path), 1) if line.match(text)]
    return Place(path, numbers[0] if numbers else None)


def read_csv(
    path: Path, *, columns: list[str], optional: tuple[str, ...] = ()
) -> Iterator[tuple[Place, dict[str, str]]]:
    """Each row with its place; a row may be longer than a line."""
    rows = csv.reader(read_text(path).splitlines(keepends=True), strict=True)
    try:
        names = next(rows, [])
        if sorted(set(names) - set(optional)) != sorted(columns) or len(set(names)) < len(names):
            raise Place(path, 1).wrong(f"its columns must be {', '.join(columns)}.")
        begins = rows.line_num + 1
        for cells in rows:
            place, begins = Place(path, begins), rows.line_num + 1
            if cells and len(cells) != len(names):
                raise place.wrong(f"it has {len(cells)} cells; the columns must be {len(names)}.")
            if cells:
                yield place, dict(zip(names, cells, strict=True))
    except csv.Error as error:
        raise Place(path, rows.line_num).wrong(f"it can't be read as CSV: {error}.") from error


def _parse(text: str, path: Path, *, lines_before: int) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        words = re.sub(r" \(at .*\)$", "", str(error))
        found = re.search(r"at line (\d+)", str(error))
        line = int(found.group(1)) if found else text.count("\n") + 1
        raise Place(path, lines_before + line).wrong(f"{words}.") from error


def _lines(path: Path) -> list[str]:
    return read_text(path).splitlines()
