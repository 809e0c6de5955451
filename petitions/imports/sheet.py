"""A sheet as organizers save it: from bytes to rows by column, or words about what is wrong.

Excel writes semicolons in most of Europe, tabs when it is told "Unicode text", and a mark before
the first letter; each is read without being asked about.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override

MOST_BYTES: Final = 5 * 1024 * 1024
MOST_LINES: Final = 10_000
MOST_COLUMNS: Final = 200
DELIMITERS: Final = ",;\t"
# What a file of bad lines says besides; it may come back with them.
WRITTEN_BY_US: Final = ("line", "problem")
NOT_UTF_8: Final = gettext_lazy(
    "The letters of this file can't be read: it is not UTF-8. In Excel choose “Save as” and"
    " “CSV UTF-8”; in LibreOffice the character set “Unicode (UTF-8)”."
)
# What our own files put before a cell that a spreadsheet would run (petitions/spreadsheets.py).
_guarded = re.compile(r"'(?=[=+\-@])").match


class SheetNotValid(Exception):
    """The sheet as a whole can't be used; says why, in the organizer's words."""


@dataclass(frozen=True)
class Columns:
    """What a sheet may hold: titles by name; `required` without which nothing can be done."""

    titles: Mapping[str, str | Promise]
    required: frozenset[str]

    def names(self) -> dict[str, str]:
        """Each spelling of a column's title, in any of the site's languages."""
        return _spellings(tuple(self.titles.items()))


@dataclass(frozen=True)
class Row:
    """`number` is the one that a spreadsheet shows beside it."""

    number: int
    cells: dict[str, str]
    has_too_many: bool = False


@dataclass(frozen=True)
class Sheet:
    rows: list[Row]
    columns: list[str]
    unread: list[str]
    """Titles of columns that are not ours."""


def read_sheet(data: bytes, columns: Columns) -> Sheet:
    """
    Raises:
        SheetNotValid: it is no sheet, has no header, or lacks a column that must be there.
    """
    header, rows = _split(_decode(data), columns)
    known = columns.names()
    names = [known.get(_plain(title), "") for title in header]
    _check_header(names, columns)
    unread = [
        title.strip()[:50]
        for title, name in zip(header, names, strict=True)
        if not name and title.strip() and title not in WRITTEN_BY_US
    ]
    # One more than may be: so it is seen that there are too many, and no more is read.
    read = list(islice(_rows(rows, names), MOST_LINES + 1))
    if len(read) > MOST_LINES:
        words = ngettext(
            "A sheet may have at most %(most)s line. Please split it.",
            "A sheet may have at most %(most)s lines. Please split it.",
            MOST_LINES,
        )
        raise SheetNotValid(words % {"most": f"{MOST_LINES:,}"})
    if not read:
        raise SheetNotValid(_("There is no line below the titles."))
    return Sheet(read, [name for name in names if name], unread)


def _decode(data: bytes) -> str:
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise SheetNotValid(
            _("This is a workbook. In Excel choose “Save as” and “CSV UTF-8”, then come back.")
        )
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise SheetNotValid(NOT_UTF_8) from error
    if "\0" in text:
        raise SheetNotValid(NOT_UTF_8)
    return text


def _split(text: str, columns: Columns) -> tuple[list[str], Iterator[list[str]]]:
    """The titles, and the rows below, cut by whichever delimiter finds most of our columns."""
    first, _newline, rest = text.partition("\n")
    # Excel's own way to name the delimiter.
    skipped = first.strip().casefold().startswith("sep=")
    text = rest if skipped else text
    readers = [_reader(text, each) for each in DELIMITERS]
    headers = [_next(reader) for reader in readers]
    known = columns.names()
    found = [sum(_plain(title) in known for title in header) for header in headers]
    best = found.index(max(found))
    return headers[best], _in_words(readers[best])


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _next(reader: Iterator[list[str]]) -> list[str]:
    try:
        titles = next(reader, [])
    except csv.Error:
        return []
    return titles if len(titles) <= MOST_COLUMNS else []


def _in_words(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise SheetNotValid(
            _("This can't be read as CSV: is a quotation mark left open, or a cell very long?")
        ) from error


def _check_header(names: list[str], columns: Columns) -> None:
    given = [name for name in names if name]
    missing = [
        str(title)
        for name, title in columns.titles.items()
        if name in columns.required - set(given)
    ]
    if not given:
        raise SheetNotValid(
            _("The first line must hold the columns’ titles: %(titles)s.")
            % {"titles": _listed(map(str, columns.titles.values()))}
        )
    if missing:
        raise SheetNotValid(
            _("These columns are missing: %(titles)s.") % {"titles": _listed(missing)}
        )
    twice = {name for name, count in Counter(given).items() if count > 1}
    if twice:
        titles = _listed(str(columns.titles[each]) for each in columns.titles if each in twice)
        raise SheetNotValid(_("These columns stand there twice: %(titles)s.") % {"titles": titles})


def _rows(rows: Iterator[list[str]], names: list[str]) -> Iterator[Row]:
    """Empty lines are passed over, but counted, as a spreadsheet does."""
    for number, cells in enumerate(rows, 2):
        if any(cell.strip() for cell in cells):
            given = {
                name: _unguarded(cell.strip())
                for name, cell in zip(names, cells, strict=False)
                if name
            }
            too_many = any(cell.strip() for cell in cells[len(names) :])
            yield Row(number, given, has_too_many=too_many)


def _unguarded(cell: str) -> str:
    return cell[1:] if _guarded(cell) else cell


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _plain(title: str) -> str:
    return " ".join(title.replace("_", " ").casefold().split())


@cache
def _spellings(titles: tuple[tuple[str, str | Promise], ...]) -> dict[str, str]:
    spellings = {_plain(name): name for name, _title in titles}
    for language, _its_name in settings.LANGUAGES:
        with override(language):
            for name, title in titles:
                spellings.setdefault(_plain(str(title)), name)
    return spellings
