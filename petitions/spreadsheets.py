"""Rows of CSV that no spreadsheet runs.

What a signer types ends in a spreadsheet on somebody else's desk, and a cell that begins with =
is a formula there (OWASP, "CSV Injection"). Such a cell gets a leading apostrophe, by which
spreadsheets know text. OWASP also warns of separators: where a semicolon parts the cells, as in
most of Europe, Excel cuts our rows at each semicolon and line break within a cell, so that what
follows one of them is a beginning too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

# = + - @, then the same in full width (U+FF..) and small (U+FE..).
_SIGNS: Final = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
# What may stand before them: white space, unseen characters, quotation marks.
_SKIPPED: Final = "\\s\u200b-\u200f\u2060\ufeff\"'`\u2018-\u201f\u00ab\u00bb\uff02\uff07"

_begins_a_formula = re.compile(f"[{_SKIPPED}]*[{_SIGNS}\t\r\n\0]").match
_later_beginning = re.compile(f"(?<=[;\r\n])(?![\r\n])(?=[{_SKIPPED}]*[{_SIGNS}\0])")


def harmless(cell: str) -> str:
    """`cell`, with an apostrophe before whatever a spreadsheet would run."""
    # Most begin with a letter or a digit: for those the search need not even be started.
    if not cell[:1].isalnum() and _begins_a_formula(cell):
        cell = f"'{cell}"
    if ";" in cell or "\n" in cell or "\r" in cell:
        cell = _later_beginning.sub("'", cell)
    return cell


def csv_line(cells: Iterable[str]) -> str:
    """One row as RFC 4180 has it: each cell made harmless and quoted, CRLF at the end."""
    quoted = [harmless(cell).replace('"', '""') for cell in cells]
    return '"' + '","'.join(quoted) + '"\r\n'
