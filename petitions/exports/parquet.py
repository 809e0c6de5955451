"""A Parquet file as it comes.

The library pulls the rows and pushes the file, so it runs in a thread of its own: rows go to it and
what it has written comes back. With the best-known one the whole took more than twice the memory (docs/performance.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, Full, Queue, SimpleQueue
from typing import Any, Final

from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema
from arro3.io import write_parquet

from petitions.exports.opener import Slice

# More are quicker to read and take more memory to write.
ROWS_A_GROUP: Final = 5_000
ROWS_WAITING: Final = 2
LOOKS_EVERY_SECONDS: Final = 1.0
_TIME: Final = DataType.timestamp("ms", tz="UTC")
_TYPES: Final[dict[str, DataType]] = {
    "confirmed": _TIME,
    "batch": DataType.int32(),
    "asked_for_news": DataType.bool(),
}


def parquet(
    slices: Iterable[Slice], *, columns: Sequence[str], properties: Mapping[str, str]
) -> Iterator[bytes]:
    """The file's bytes; `content` of each slice has the columns' values."""
    types = [_TYPES.get(name, DataType.string()) for name in columns]
    schema = Schema(list(map(Field, columns, types)))
    rows: Queue[RecordBatch | None] = Queue(ROWS_WAITING)
    sink = _Sink()
    with ThreadPoolExecutor(1) as threads:
        reader = RecordBatchReader.from_batches(schema, iter(rows.get, None))
        writing = threads.submit(
            write_parquet,
            reader,
            sink,  # type: ignore[arg-type]  # it wants a file's write and flush, and no more
            compression="zstd(1)",
            max_row_group_size=ROWS_A_GROUP,
            key_value_metadata=dict(properties),
        )
        try:
            for each in slices:
                _give(
                    RecordBatch(list(map(_array, each.content, types)), schema=schema),
                    rows,
                    writing,
                )
                yield from sink.take()
        finally:
            # Also where nobody wants the rest: else the thread would wait for it for ever.
            _give(None, rows, writing)
        writing.result()
        yield from sink.take()


def _give(batch: RecordBatch | None, rows: Queue[RecordBatch | None], writing: Future[Any]) -> None:
    """Raises what has stopped the writing."""
    while not writing.done():
        with suppress(Full):
            rows.put(batch, timeout=LOOKS_EVERY_SECONDS)
            return
    if batch is not None:
        writing.result()


def _array(values: list[Any], type_: DataType) -> Array:
    if type_ == _TIME:
        # Without seconds it would be taken for no time at all.
        texts = [value.replace("Z", ":00Z") for value in values]
        return Array(texts, DataType.string()).cast(_TIME)
    return Array(values, type_)


class _Sink:
    """A file that can only be written to, from one thread, and read in another."""

    def __init__(self) -> None:
        self._written: SimpleQueue[bytes] = SimpleQueue()

    def write(self, data: bytes) -> int:
        self._written.put(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def seek(self, *_: int) -> int:
        raise OSError("What was written is gone.")

    def take(self) -> Iterator[bytes]:
        with suppress(Empty):
            while True:
                yield self._written.get_nowait()
