"""Where a made file lies: in PostgreSQL, in chunks encrypted under the export's own key.

AES-256-GCM, a nonce by position, each chunk bound to its place. The key is another one each time the
file is made, and lies sealed beside them for whoever holds the signature key.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction

from petitions.models import Export, ExportChunk

CHUNK_BYTES = 1024 * 1024


class NoSuchFile(Exception):
    """It is not there, not any more, or was changed."""


class Shelf:
    """Takes a file as it comes, and stores each chunk that is full.

    `still_mine` is called in the transaction of each, and raises where the file is no longer wanted.
    """

    def __init__(self, export_id: uuid.UUID, key: bytes, *, still_mine: Callable[[], None]) -> None:
        self._export_id = export_id
        self._cipher = AESGCM(key)
        self._still_mine = still_mine
        self._waiting = bytearray()
        self._number = 0
        self.size = 0

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) >= CHUNK_BYTES:
            self._store(CHUNK_BYTES)
        return len(data)

    def flush(self) -> None:
        """For those who write to files; chunks are stored when they are full."""

    def finish(self) -> None:
        if self._waiting:
            self._store(len(self._waiting))

    @transaction.atomic
    def _store(self, count: int) -> None:
        self._still_mine()
        nonce, bound_to = _position(self._export_id, self._number)
        data = self._cipher.encrypt(nonce, bytes(self._waiting[:count]), bound_to)
        ExportChunk.objects.store(export_id=self._export_id, number=self._number, data=data)
        del self._waiting[:count]
        self._number += 1
        self.size += count


def read(export: Export, *, start: int, end: int) -> Iterator[bytes]:
    """The bytes from `start` up to `end`, one chunk in memory at a time.

    Raises:
        CannotOpen, KeysUnavailable: its key does not open here.
        NoSuchFile: a chunk is gone or was changed; what has been read so far is not the file.
    """
    cipher = AESGCM(export.open_key())
    return _chunks(export.pk, cipher, start=start, end=end)


def _chunks(export_id: uuid.UUID, cipher: AESGCM, *, start: int, end: int) -> Iterator[bytes]:
    for number in range(start // CHUNK_BYTES, -(-end // CHUNK_BYTES)):
        nonce, bound_to = _position(export_id, number)
        rows = ExportChunk.objects.filter(export=export_id, number=number)
        data = rows.values_list("data", flat=True).first()
        try:
            chunk = cipher.decrypt(nonce, bytes(data or b""), bound_to)
        except InvalidTag as error:
            raise NoSuchFile from error
        begins = number * CHUNK_BYTES
        yield chunk[max(0, start - begins) : end - begins]


def _position(export_id: uuid.UUID, number: int) -> tuple[bytes, bytes]:
    """Of a chunk: the nonce, which no other chunk under the key has, and what it is bound to."""
    return number.to_bytes(12, "big"), f"five-asks export {export_id}|{number}".encode()
