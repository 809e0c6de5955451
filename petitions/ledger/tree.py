"""A log's tree as its tiles are stored: read, and grown at its right edge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from five_asks_verify.merkle import HASH_BYTES
from five_asks_verify.tiles import HEIGHT, WIDTH, ReadTile, Tile, Tree, top_of
from petitions.models import Log, LogTile

# So many of 8 kB are written at once.
TILES_AT_ONCE = 500
FULL = WIDTH * HASH_BYTES


class MissingTile(Exception):
    """The log has no such tile, or not so much of it."""


def stored_tree(log: Log, size: int) -> Tree:
    """The log's first `size` leaves."""
    return Tree(size, stored_tiles(log))


def stored_tiles(log: Log) -> ReadTile:
    def read(tile: Tile) -> bytes:
        rows = LogTile.objects.filter(log=log, level=tile.level, index=tile.index)
        row = rows.values_list("hashes", flat=True).first()
        wanted = tile.width * HASH_BYTES
        if row is None or len(row) < wanted:
            raise MissingTile(tile.path)
        return bytes(row[:wanted])

    return read


def grow(log: Log, size: int, leaves: Iterable[bytes]) -> Tree:
    """Add leaf hashes behind the first `size`, and give the whole tree."""
    edge = _Edge(log, size)
    for leaf in leaves:
        edge.add(leaf)
    return edge.close()


@dataclass
class _OpenTile:
    index: int
    hashes: bytearray


class _Edge:
    """The tiles at the right of each level, which are not full yet."""

    def __init__(self, log: Log, size: int) -> None:
        self._log = log
        self._size = size
        self._levels = [
            _open_tile(log, level, size >> (HEIGHT * level))
            for level in range(-(-size.bit_length() // HEIGHT))
        ]
        self._changed: list[LogTile] = []

    def add(self, digest: bytes, level: int = 0) -> None:
        if level == len(self._levels):
            self._levels.append(_OpenTile(0, bytearray()))
        tile = self._levels[level]
        tile.hashes += digest
        if level == 0:
            self._size += 1
        if len(tile.hashes) == FULL:
            self._store(level, tile)
            self._levels[level] = _OpenTile(tile.index + 1, bytearray())
            self.add(top_of(bytes(tile.hashes)), level + 1)

    def close(self) -> Tree:
        for level, tile in enumerate(self._levels):
            if tile.hashes:
                self._store(level, tile)
        self._write()
        return stored_tree(self._log, self._size)

    def _store(self, level: int, tile: _OpenTile) -> None:
        self._changed.append(
            LogTile(log=self._log, level=level, index=tile.index, hashes=bytes(tile.hashes))
        )
        if len(self._changed) >= TILES_AT_ONCE:
            self._write()

    def _write(self) -> None:
        LogTile.objects.bulk_create(
            self._changed,
            update_conflicts=True,
            update_fields=["hashes"],
            unique_fields=["log", "level", "index"],
        )
        self._changed = []


def _open_tile(log: Log, level: int, hashes: int) -> _OpenTile:
    index, width = divmod(hashes, WIDTH)
    known = stored_tiles(log)(Tile(level, index, width)) if width else b""
    return _OpenTile(index, bytearray(known))
