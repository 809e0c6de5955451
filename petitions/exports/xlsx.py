"""An Excel workbook written as it comes (ECMA-376): no row is kept, and no temporary file.

Texts stand in their cells; cells and rows need no names, since all come in their order. What
depends on how many sheets there are comes last: the order of parts in the package is free.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any, Final, cast
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from petitions.exports.opener import sheet_row

# Excel opens no longer sheet; nor, some of its versions, a part of more than 2 GB.
ROWS_A_SHEET: Final = 1_048_576
BYTES_A_SHEET: Final = 1_500_000_000

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_CONTENT: Final = "application/vnd.openxmlformats-officedocument"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FORMAT_ID: Final = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"


def workbook(
    blocks: Iterable[tuple[bytes, int]], *, columns: Sequence[str], properties: Mapping[str, str]
) -> Iterator[bytes]:
    """Its bytes; `blocks` are rows as `sheet_row` writes them, and how many each has.

    `properties` are the document's own, which Excel shows as custom ones.
    """
    book = _Book()
    header = sheet_row(columns).encode()
    for content, rows in blocks:
        if not book.has_room(len(content), rows):
            book.close_sheet()
            book.open_sheet(header)
        book.write(content, rows)
        yield book.take()
    if not book.sheets:
        book.open_sheet(header)
    book.close_sheet()
    for name, part in _parts(book.sheets, properties).items():
        book.add(name, part)
    book.close()
    yield book.take()


class _Book:
    def __init__(self) -> None:
        self._out = _Out()
        self._zip = ZipFile(cast("IO[bytes]", self._out), "w", ZIP_DEFLATED, compresslevel=1)
        self._sheet: IO[bytes] | None = None
        self._rows = self._bytes = 0
        self.sheets = 0

    def has_room(self, size: int, rows: int) -> bool:
        if self._sheet is None:
            return False
        return self._rows + rows <= ROWS_A_SHEET and self._bytes + size <= BYTES_A_SHEET

    def open_sheet(self, header: bytes) -> None:
        self.sheets += 1
        self._sheet = self._zip.open(_info(f"xl/worksheets/sheet{self.sheets}.xml"), "w")
        self._sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
        self._rows = self._bytes = 0
        self.write(header, 1)

    def write(self, content: bytes, rows: int) -> None:
        assert self._sheet is not None  # noqa: S101 - it was opened a line before
        self._sheet.write(content)
        self._rows += rows
        self._bytes += len(content)

    def close_sheet(self) -> None:
        if self._sheet is not None:
            self._sheet.write(b"</sheetData></worksheet>")
            self._sheet.close()
            self._sheet = None

    def add(self, name: str, part: str) -> None:
        self._zip.writestr(_info(name), _HEAD + part)

    def close(self) -> None:
        self._zip.close()

    def take(self) -> bytes:
        return self._out.take()


class _Out:
    """Where the package goes: it can't go back in it, and does not have to."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, data: Any) -> int:
        self._waiting += data
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


def _info(name: str) -> ZipInfo:
    """Packed as quickly as it goes: there are thousands of rows, and they are much alike."""
    info = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type = ZIP_DEFLATED
    info._compresslevel = 1  # type: ignore[attr-defined]  # noqa: SLF001 - public only in Python 3.13
    return info


def _parts(sheets: int, properties: Mapping[str, str]) -> dict[str, str]:
    numbers = range(1, sheets + 1)
    return {
        "xl/workbook.xml": _workbook(numbers),
        "xl/_rels/workbook.xml.rels": _relations(
            (f"{_OFFICE}/relationships/worksheet", f"worksheets/sheet{n}.xml") for n in numbers
        ),
        "docProps/custom.xml": _custom(properties),
        "_rels/.rels": _relations(
            [
                (f"{_OFFICE}/relationships/officeDocument", "xl/workbook.xml"),
                (f"{_OFFICE}/relationships/custom-properties", "docProps/custom.xml"),
            ]
        ),
        "[Content_Types].xml": _types(numbers),
    }


def _workbook(numbers: Iterable[int]) -> str:
    sheets = "".join(f'<sheet name="Signatures {n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    return f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}/relationships"><sheets>{sheets}</sheets></workbook>'


def _relations(targets: Iterable[tuple[str, str]]) -> str:
    lines = "".join(
        f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'


def _custom(properties: Mapping[str, str]) -> str:
    # Numbers of properties begin with 2 (MS-OSHARED, 2.3.3.2.2.1).
    lines = "".join(
        f'<property fmtid="{_FORMAT_ID}" pid="{number}" name={quoteattr(name)}>'
        f"<vt:lpwstr>{escape(value)}</vt:lpwstr></property>"
        for number, (name, value) in enumerate(properties.items(), 2)
    )
    return (
        f'<Properties xmlns="{_OFFICE}/custom-properties" xmlns:vt="{_OFFICE}/docPropsVTypes">'
        f"{lines}</Properties>"
    )


def _types(numbers: Iterable[int]) -> str:
    sheets = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml"'
        f' ContentType="{_CONTENT}.spreadsheetml.worksheet+xml"/>'
        for n in numbers
    )
    return (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels"'
        f' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml"'
        f' ContentType="{_CONTENT}.spreadsheetml.sheet.main+xml"/>{sheets}'
        '<Override PartName="/docProps/custom.xml"'
        f' ContentType="{_CONTENT}.custom-properties+xml"/></Types>'
    )
