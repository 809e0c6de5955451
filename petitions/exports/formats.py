"""Files as they come: from written rows to bytes, with no more than some rows in memory.

Each carries the exporter's id. Where a format has properties of its own it stands there; in CSV and
JSON Lines it is a column, the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from petitions.exports.opener import Slice
from petitions.exports.xlsx import workbook
from petitions.models.export import Format
from petitions.spreadsheets import csv_line

# Excel takes a CSV file for UTF-8 only if it begins so.
BYTE_ORDER_MARK: Final = "\ufeff"
EXPORTED_BY: Final = "exported_by"


@dataclass(frozen=True)
class About:
    """What a file says of itself; `columns` are those of its rows."""

    number: int
    by: int
    columns: tuple[str, ...]

    @property
    def properties(self) -> dict[str, str]:
        return {"export": str(self.number), EXPORTED_BY: str(self.by)}


def columns_of(chosen: Sequence[str], format_: str) -> tuple[str, ...]:
    """Those that were chosen, and who exported them where only rows can say that."""
    if format_ in {Format.CSV, Format.JSONL}:
        return (*chosen, EXPORTED_BY)
    return tuple(chosen)


def _csv(slices: Iterable[Slice], about: About) -> Iterator[bytes]:
    yield (BYTE_ORDER_MARK + csv_line(about.columns)).encode()
    for each in slices:
        yield each.content


def _json_lines(slices: Iterable[Slice], _about: About) -> Iterator[bytes]:
    for each in slices:
        yield each.content


def _xlsx(slices: Iterable[Slice], about: About) -> Iterator[bytes]:
    blocks = ((each.content, each.rows) for each in slices)
    return workbook(blocks, columns=about.columns, properties=about.properties)


def _parquet(slices: Iterable[Slice], about: About) -> Iterator[bytes]:
    # It is large, and only who makes such a file needs it.
    from petitions.exports.parquet import parquet  # noqa: PLC0415

    return parquet(slices, columns=about.columns, properties=about.properties)


FORMATS: Final[dict[str, Callable[[Iterable[Slice], About], Iterator[bytes]]]] = {
    Format.CSV: _csv,
    Format.JSONL: _json_lines,
    Format.XLSX: _xlsx,
    Format.PARQUET: _parquet,
}
TYPES: Final[dict[str, str]] = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSONL: "application/jsonl",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PARQUET: "application/vnd.apache.parquet",
}
