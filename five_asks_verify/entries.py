"""What the log's leaves stand for, as text or bytes.

A signature's entry is 32 random bytes, the receipt: the log shows its hash alone. Every other entry
is text that anybody may read:

    five-asks/1 withdrawn 18203
    five-asks/1 held 5-300,310
    five-asks/1 released 310
    five-asks/1 batch 12 1204 <SHA-256 of the text of its signatures' places, in hex>

Places count the log's leaves from 0.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise

PREFIX = "five-asks/1"
# Fifteen digits: no log is longer, and no text can make a number that takes long to read.
NUMBER = r"(?:0|[1-9][0-9]{0,14})"
RUN = rf"{NUMBER}(?:-{NUMBER})?"
PLACES = re.compile(rf"{RUN}(?:,{RUN})*")
BATCH = re.compile(rf"{re.escape(PREFIX)} batch ([1-9][0-9]{{0,14}}) ({NUMBER}) ([0-9a-f]{{64}})")
CHANGE = re.compile(rf"{re.escape(PREFIX)} (withdrawn|held|released) ({RUN}(?:,{RUN})*)")
RECEIPT = re.compile(rf"([1-9][0-9]{{0,14}})\.({NUMBER})\.([A-Za-z0-9_-]{{43}})")
SHOWN = 80


class Kind(StrEnum):
    """What becomes of signatures that the log has."""

    WITHDRAWN = "withdrawn"
    HELD = "held"
    RELEASED = "released"


@dataclass(frozen=True)
class Change:
    kind: Kind
    places: tuple[range, ...]

    def __str__(self) -> str:
        return f"{PREFIX} {self.kind} {places_text(self.places)}"


@dataclass(frozen=True)
class BatchClosed:
    """A batch as its letters carry it. A later entry of the same number takes this one's place:
    signatures were held before a letter had gone out."""

    number: int
    count: int
    digest: str

    def __str__(self) -> str:
        return f"{PREFIX} batch {self.number} {self.count} {self.digest}"

    @classmethod
    def of(cls, number: int, places: tuple[range, ...]) -> BatchClosed:
        return cls(number, count_of(places), digest_of(places))


@dataclass(frozen=True)
class Receipt:
    """What opens one leaf: `log.place.secret`, the secret in base64url."""

    log: int
    place: int
    secret: bytes

    def __str__(self) -> str:
        encoded = base64.urlsafe_b64encode(self.secret).decode().rstrip("=")
        return f"{self.log}.{self.place}.{encoded}"

    @classmethod
    def read(cls, text: str) -> Receipt:
        """
        Raises:
            ValueError: it is none.
        """
        found = RECEIPT.fullmatch(text.strip())
        if not found:
            raise ValueError(
                "This is no receipt: it has two numbers and a code, with dots between."
            )
        receipt = cls(int(found[1]), int(found[2]), base64.urlsafe_b64decode(found[3] + "="))
        if str(receipt) != text.strip():
            raise ValueError("This receipt is not complete, or was changed.")
        return receipt


def read_entry(text: str) -> Change | BatchClosed:
    """
    Raises:
        ValueError: it is no entry of this version, or not in its one form.
    """
    if found := BATCH.fullmatch(text):
        return BatchClosed(int(found[1]), int(found[2]), found[3])
    if found := CHANGE.fullmatch(text):
        return Change(Kind(found[1]), read_places(found[2]))
    raise ValueError(f"This is no entry: {text[:SHOWN]}")


def ranges(places: Iterable[int]) -> tuple[range, ...]:
    """Places in their order, as few ranges as they make."""
    return tuple(_ranges(places))


def _ranges(places: Iterable[int]) -> Iterator[range]:
    run: range | None = None
    for place in places:
        if run is not None and place == run.stop:
            run = range(run.start, place + 1)
            continue
        if run is not None:
            yield run
        run = range(place, place + 1)
    if run is not None:
        yield run


def places_text(places: tuple[range, ...]) -> str:
    return ",".join(
        str(run.start) if len(run) == 1 else f"{run.start}-{run.stop - 1}" for run in places
    )


def read_places(text: str) -> tuple[range, ...]:
    """
    Raises:
        ValueError: these are no places, or not in their order and shortest form.
    """
    if not text:
        return ()
    if not PLACES.fullmatch(text):
        raise ValueError(f"These are no places: {text[:SHOWN]}")
    pairs = [part.partition("-") for part in text.split(",")]
    found = tuple(range(int(first), int(last or first) + 1) for first, _, last in pairs)
    apart = all(one.stop < other.start for one, other in pairwise(found))
    if not all(found) or not apart or places_text(found) != text:
        raise ValueError(f"These places are not in their order: {text[:SHOWN]}")
    return found


def count_of(places: tuple[range, ...]) -> int:
    return sum(map(len, places))


def digest_of(places: tuple[range, ...]) -> str:
    return sha256(places_text(places).encode()).hexdigest()
