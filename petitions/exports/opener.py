"""A process that does nothing but open boxes and write rows: one for each core.

openers.py starts it with one socket for each core. It loads the vault and no Django, then forks, so that together they need little memory.
Each takes jobs from its socket until the other end is gone, which is also how it ends with whoever
started it. It has no database and writes no file.
"""

from __future__ import annotations

import gc
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any, Final, TypeAlias

from petitions.details import Details, unpack
from petitions.spreadsheets import csv_line, harmless
from petitions.vault import CannotOpen, KeysUnavailable, Purpose, Vault

Cell: TypeAlias = str | int | bool | None
# The box and what it is bound to, where there is one to be opened; the row's cells.
Packed: TypeAlias = tuple[tuple[bytes, str] | None, list[Cell]]
Job: TypeAlias = list[Packed]


@dataclass(frozen=True)
class Layout:
    """How rows are written: the format, its columns, and at which places the details go."""

    format: str
    columns: tuple[str, ...]
    places: tuple[tuple[int, str], ...]
    unopened: str


@dataclass(frozen=True)
class Slice:
    """Some rows, written: bytes of a text format, or for Parquet the columns' values."""

    content: Any
    rows: int
    opened: int
    damaged: int


def main(vault_dir: str, *sockets: str) -> None:
    numbers = [int(each) for each in sockets]
    mine = numbers[0]
    for number in numbers[1:]:
        if os.fork() == 0:
            mine = number
            break
    for number in numbers:
        if number != mine:
            os.close(number)
    try:
        serve(Connection(mine), Vault(Path(vault_dir)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except Exception as error:  # noqa: BLE001 - its words, and a trace's, could hold a signer's
        sys.exit(f"A process that opens boxes died of {type(error).__name__}.")


def serve(line: Connection, keys: Vault) -> None:
    """Until there is nobody left to work for."""
    # Rows hold no circles, and looking for some costs time.
    gc.disable()
    layout: Layout = line.recv()
    jobs: Queue[Job | None] = Queue()
    # Jobs are taken in while one is done: else both ends could wait for the other to read.
    Thread(target=_take_in, args=(line, jobs), daemon=True).start()
    while (job := jobs.get()) is not None:
        try:
            line.send(work(job, layout, keys))
        except KeysUnavailable as error:
            # It says what, never whose.
            line.send(str(error))


def _take_in(line: Connection, jobs: Queue[Job | None]) -> None:
    with suppress(EOFError, OSError):
        while True:
            jobs.put(line.recv())
    jobs.put(None)


def work(job: Job, layout: Layout, keys: Vault) -> Slice:
    opened = damaged = 0
    for box, cells in job:
        if box is None:
            continue
        try:
            details = unpack(Details, keys.open(Purpose.SIGNATURE, box[0], context=box[1]))
        except CannotOpen:
            damaged += 1
            details = Details(layout.unopened)
        else:
            opened += 1
        for place, name in layout.places:
            cells[place] = getattr(details, name)
    rows = [cells for _box, cells in job]
    return Slice(WRITERS[layout.format](rows, layout.columns), len(rows), opened, damaged)


# --- Rows, by format


def _csv(rows: Sequence[list[Cell]], _columns: Sequence[str]) -> bytes:
    return "".join(csv_line(map(_text, row)) for row in rows).encode()


def _json_lines(rows: Sequence[list[Cell]], columns: Sequence[str]) -> bytes:
    lines = (_as_json(dict(zip(columns, row, strict=True))) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode()


def _sheet_rows(rows: Sequence[list[Cell]], _columns: Sequence[str]) -> bytes:
    return "".join(sheet_row(row) for row in rows).encode()


def _columns_of(rows: Sequence[list[Cell]], _columns: Sequence[str]) -> list[list[Cell]]:
    return [list(column) for column in zip(*rows, strict=True)]


def sheet_row(cells: Sequence[Cell]) -> str:
    """A row of SpreadsheetML whose texts stand in it, rather than in a list of all texts."""
    return f"<row>{''.join(map(_sheet_cell, cells))}</row>"


def _sheet_cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, str):
        space = ' xml:space="preserve"' if cell[0].isspace() or cell[-1].isspace() else ""
        return f'<c t="inlineStr"><is><t{space}>{_xml_text(cell)}</t></is></c>'
    if isinstance(cell, bool):
        return f'<c t="b"><v>{cell:d}</v></c>'
    return f"<c><v>{cell}</v></c>"


def _xml_text(cell: str) -> str:
    """Each step is taken only where there is something for it, which is seldom."""
    text = harmless(cell[:LONGEST_CELL])
    if not text.isprintable():
        text = text.translate(_NOT_IN_XML)
    if "&" in text or "<" in text or ">" in text:
        text = escape(text, quote=False)
    if "_x" in text:
        text = _like_an_escape.sub("_x005F_", text)
    return text


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return str(cell)


# json.dumps would make an encoder for each row.
_as_json = json.JSONEncoder(ensure_ascii=False).encode
# Excel takes no more in a cell.
LONGEST_CELL: Final = 32_000
# XML 1.0, section 2.2: these can't be in a document in any form.
_NOT_IN_XML: Final = dict.fromkeys(
    [
        *(code for code in range(32) if chr(code) not in "\t\n\r"),
        *range(0xD800, 0xE000),
        0xFFFE,
        0xFFFF,
    ]
)
# "_x0041_" would be read as an A (ECMA-376, 22.9.2.19).
_like_an_escape = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
WRITERS: Final[dict[str, Callable[[Sequence[list[Cell]], Sequence[str]], Any]]] = {
    "csv": _csv,
    "jsonl": _json_lines,
    "xlsx": _sheet_rows,
    "parquet": _columns_of,
}
