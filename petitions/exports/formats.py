"""Files as they come: from written rows to bytes, with no more than some rows in memory.

Each carries the exporter's id. Where a format has properties of its own it stands there; in CSV and
JSON Lines it is a column, the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from petitions.exports.opener import Slice
from petitions.exports.xlsx import workbook
from petitions.models.export import Format
from petitions.spreadsheets import csv_line

# Excel takes a CSV file for UTF-8 only if it begins so.
BYTE_ORDER_MARK: Final = "\ufeff"
EXPORTED_BY: Final = "exported_by"
# More are quicker to read and take more memory to write.
ROWS_A_GROUP: Final = 5_000


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
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    kinds: dict[str, Any] = {
        "confirmed": pa.timestamp("s", tz="UTC"),
        "batch": pa.int32(),
        "asked_for_news": pa.bool_(),
    }
    fields = [pa.field(name, kinds.get(name, pa.string())) for name in about.columns]
    schema = pa.schema(fields, metadata=about.properties)
    # The cores are busy with boxes; each thread more would keep memory of its own.
    pa.set_cpu_count(1)
    # Memory goes back as soon as it is free.
    pool = pa.system_memory_pool()
    sink = Sink()
    with parquet.ParquetWriter(sink, schema, compression="zstd", memory_pool=pool) as writer:
        for group in _groups(slices):
            batches = [_batch(pa, each, schema, pool) for each in group]
            table = pa.Table.from_batches(batches, schema)
            writer.write_table(table, row_group_size=table.num_rows)
            yield sink.take()
    yield sink.take()


def _groups(slices: Iterable[Slice]) -> Iterator[list[Slice]]:
    group: list[Slice] = []
    for each in slices:
        group.append(each)
        if sum(one.rows for one in group) >= ROWS_A_GROUP:
            yield group
            group = []
    if group:
        yield group


def _batch(pa: Any, some: Slice, schema: Any, pool: Any) -> Any:
    columns = [
        pa.array(values, pa.string(), memory_pool=pool).cast(field.type)
        if field.name == "confirmed"
        else pa.array(values, field.type, memory_pool=pool)
        for values, field in zip(some.content, schema, strict=True)
    ]
    return pa.record_batch(columns, schema=schema)


class Sink:
    """A file that can only be written to, and gives what it got."""

    closed = False

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def take(self) -> bytes:
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


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
