"""Which leaves each batch holds: the log says their number and digest, batches.json the places."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from five_asks_verify.count import Closing, Count
from five_asks_verify.entries import BatchClosed, count_of, digest_of, read_places
from five_asks_verify.report import leaf_name


@dataclass(frozen=True)
class Batch:
    """As batches.json shows it: `number`, `count`, `places` ("0-17,20"), `digest`, and `size` and
    `root` (base64) of the head that its letters name."""

    number: int
    count: int
    places: tuple[range, ...]
    digest: str
    size: int
    root: bytes

    @classmethod
    def read(cls, record: Any) -> Batch:
        """
        Raises:
            ValueError: something is missing or is not of its kind.
        """
        if not isinstance(record, dict):
            raise ValueError("it is no record")  # noqa: TRY004 - whoever reads JSON expects this one
        number, count, size = (_number(record, name) for name in ("number", "count", "size"))
        digest = _text(record, "digest")
        try:
            root = base64.b64decode(_text(record, "root"), validate=True)
        except binascii.Error as error:
            raise ValueError("its root is no base64") from error
        return cls(number, count, read_places(_text(record, "places")), digest, size, root)

    def closed(self) -> BatchClosed:
        return BatchClosed(self.number, self.count, self.digest)


def read_batches(content: bytes) -> list[Batch]:
    """
    Raises:
        ValueError: it is no list of batches; says which one is not.
    """
    try:
        records = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError("batches.json is no JSON.") from error
    if not isinstance(records, list):
        raise ValueError("batches.json is no list.")  # noqa: TRY004 - as above
    return [_read(at, record) for at, record in enumerate(records, start=1)]


def _read(at: int, record: Any) -> Batch:
    try:
        return Batch.read(record)
    except ValueError as error:
        raise ValueError(f"batches.json can't be read at its batch no. {at}: {error}.") from error


def compare(
    count: Count, batches: Mapping[int, Batch], root_at: Callable[[int], bytes]
) -> list[str]:
    """What of batches.json does not fit the log; `root_at` gives the root of its first leaves.

    What is newer than the log that was read is passed over.
    """
    size = len(count.states)
    newer = {number for number, batch in batches.items() if batch.size > size}
    closings = {
        number: closing for number, closing in count.last_closings().items() if number not in newer
    }
    known = {number: batch for number, batch in batches.items() if number not in newer}
    problems = [
        f"batches.json has a batch {number}, of which the log says nothing."
        for number in sorted(known.keys() - closings.keys())
    ]
    for number, closing in closings.items():
        problems += _compare(closing, known.get(number), root_at)
    return problems + _taken_twice(known.values(), size)


def _compare(closing: Closing, batch: Batch | None, root_at: Callable[[int], bytes]) -> list[str]:
    said = closing.batch
    name = f"Batch {said.number}"
    if batch is None:
        # One that nothing was left of is taken back, and keeps its number in the log alone.
        return (
            [
                f"{name} is in the log, but not in batches.json. If it is changing just now, it is there in two minutes."
            ]
            if said.count
            else []
        )
    if batch.closed() != said:
        shown = f"{batch.count:,} signatures with the digest {batch.digest}"
        return [f"{name}: batches.json says {shown}, the log {said.count:,} with {said.digest}."]
    problems = []
    if count_of(batch.places) != said.count or digest_of(batch.places) != said.digest:
        problems.append(f"{name}: its places in batches.json are not those that the log means.")
    if batch.size <= closing.place:
        problems.append(
            f"{name}: the head of its letters has {batch.size:,} leaves, and the batch was closed"
            f" by {leaf_name(closing.place)}."
        )
    elif root_at(batch.size) != batch.root:
        problems.append(
            f"{name}: its letters name a root of {batch.size:,} leaves that the log has not got."
        )
    return problems


def _taken_twice(batches: Iterable[Batch], size: int) -> list[str]:
    taken = bytearray(size)
    problems = []
    for batch in batches:
        for run in batch.places:
            part = taken[run.start : run.stop]
            if any(part):
                place = run.start + part.index(1)
                problems.append(
                    f"Batch {batch.number} holds {leaf_name(place)}, and so does another one."
                )
            taken[run.start : run.stop] = bytes([1]) * len(part)
    return problems


def _number(record: dict[str, Any], name: str) -> int:
    value = record.get(name)
    if type(value) is not int or value < 0:
        raise ValueError(f"its {name} is no number")
    return value


def _text(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str):
        raise ValueError(f"its {name} is no text")  # noqa: TRY004 - as above
    return value
