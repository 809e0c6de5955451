"""How a backup is laid out before it is encrypted.

    a head               JSON: when it was taken, and which migrations its database had
    of each table:
        a title          JSON: its name and its columns
        rows             parts of what COPY … (FORMAT BINARY) writes
        an empty frame
    a tail               JSON: rows and fingerprint of each table, the last number of each sequence

Each is a frame: its length in 4 bytes, and so many bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from petitions.exports.age import Opened

LENGTH_BYTES: Final = 4
LARGEST: Final = 256 * 1024
END_OF_ROWS: Final = bytes(LENGTH_BYTES)


class NotABackup(Exception):
    """The file opens, but something else is in it."""


def frame(data: bytes) -> bytes:
    return len(data).to_bytes(LENGTH_BYTES, "big") + data


def frame_of(content: dict[str, Any]) -> bytes:
    return frame(json.dumps(content).encode())


def frames(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in frames, of which only the last is not full."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= LARGEST:
            yield frame(bytes(waiting[:LARGEST]))
            del waiting[:LARGEST]
    if waiting:
        yield frame(bytes(waiting))


def take_frame(file: Opened) -> bytes:
    """
    Raises:
        NotABackup: it names a length that none of ours has.
    """
    length = int.from_bytes(file.take(LENGTH_BYTES), "big")
    if length > LARGEST:
        raise NotABackup
    return file.take(length)


def take_content(file: Opened) -> dict[str, Any]:
    """
    Raises:
        NotABackup: it is no head, title or tail.
    """
    try:
        content = json.loads(take_frame(file))
    except ValueError as error:
        raise NotABackup from error
    if not isinstance(content, dict):
        raise NotABackup
    return content


def take_rows(file: Opened) -> Iterator[bytes]:
    while rows := take_frame(file):
        yield rows
