"""A tree in tiles of 256 hashes, as C2SP tlog-tiles lays it out: what is read to prove something.

A tile of level 0 holds leaf hashes; one of level L holds the roots of 256 whole tiles below each.
A whole tile never changes; the last one of a level is partial and is asked for by its width.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from five_asks_verify.merkle import EMPTY_ROOT, HASH_BYTES, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
TILES_KEPT = 16

ReadTile = Callable[["Tile"], bytes]


@dataclass(frozen=True)
class Tile:
    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """As in `0/x001/067` or, where it is partial, `0/x001/067.p/44`."""
        return f"{self.level}/{index_path(self.index, self.width)}"


def index_path(index: int, width: int = WIDTH) -> str:
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03}")
    partial = f".p/{width}" if width < WIDTH else ""
    return "/".join(reversed(groups)) + partial


INDEX_PATH = re.compile(r"((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([0-9]{1,3}))?")


def read_index_path(text: str) -> tuple[int, int]:
    """The index and the width that such a path names.

    Raises:
        ValueError: it is none, or not in its shortest form.
    """
    found = INDEX_PATH.fullmatch(text)
    if not found:
        raise ValueError(text)
    index = int((found[1] + found[2]).replace("x", "").replace("/", ""))
    width = int(found[3]) if found[3] else WIDTH
    if not 0 < width <= WIDTH or index_path(index, width) != text:
        raise ValueError(text)
    return index, width


def tiles_of(size: int, level: int) -> Iterator[Tile]:
    """The tiles of a level in a tree of `size` leaves."""
    hashes = size >> (HEIGHT * level)
    for index in range(-(-hashes // WIDTH)):
        yield Tile(level, index, min(WIDTH, hashes - index * WIDTH))


class Tree:
    """A tree of `size` leaves; `read_tile` is asked for the tiles that are needed, each once."""

    def __init__(self, size: int, read_tile: ReadTile) -> None:
        self.size = size
        # A proof needs eight hashes of each tile that it reads.
        self._read_tile = lru_cache(TILES_KEPT)(read_tile)

    def root(self) -> bytes:
        return self._range_root(0, self.size) if self.size else EMPTY_ROOT

    def leaf(self, index: int) -> bytes:
        return self._subtree(0, index)

    def inclusion_proof(self, index: int) -> list[bytes]:
        """From the leaf's sibling upwards (RFC 9162, section 2.1.3.1)."""
        if not 0 <= index < self.size:
            raise IndexError(index)
        steps = []
        start, end = 0, self.size
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                steps.append((middle, end))
                end = middle
            else:
                steps.append((start, middle))
                start = middle
        return [self._range_root(*step) for step in reversed(steps)]

    def consistency_proof(self, size: int) -> list[bytes]:
        """That the tree of the first `size` leaves is the beginning of this one (section 2.1.4.1)."""
        if not 0 <= size <= self.size:
            raise IndexError(size)
        if size in {0, self.size}:
            return []
        steps = []
        start, end = 0, self.size
        while size != end:
            middle = start + _split(end - start)
            if size <= middle:
                steps.append((middle, end))
                end = middle
            else:
                steps.append((start, middle))
                start = middle
        if start:
            steps.append((start, end))
        return [self._range_root(*step) for step in reversed(steps)]

    def _range_root(self, start: int, end: int) -> bytes:
        """Of leaves that make a subtree of this tree: a whole one, or its right edge."""
        count = end - start
        if count & (count - 1) == 0:
            height = count.bit_length() - 1
            return self._subtree(height, start >> height)
        middle = start + _split(count)
        return node_hash(self._range_root(start, middle), self._range_root(middle, end))

    def _subtree(self, height: int, index: int) -> bytes:
        """The root of a whole subtree, `index` counting those of its height."""
        level, above = divmod(height, HEIGHT)
        first = index << above
        tile, place = divmod(first, WIDTH)
        hashes = self._read_tile(self._tile(level, tile))
        return top_of(hashes[place * HASH_BYTES : (place + (1 << above)) * HASH_BYTES])

    def _tile(self, level: int, index: int) -> Tile:
        hashes = self.size >> (HEIGHT * level)
        return Tile(level, index, min(WIDTH, hashes - index * WIDTH))


def top_of(hashes: bytes) -> bytes:
    """The root above hashes that stand one behind the other, a power of two of them."""
    row = [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]
    while len(row) > 1:
        row = [node_hash(*pair) for pair in zip(row[::2], row[1::2], strict=True)]
    return row[0]


def _split(count: int) -> int:
    """The largest power of two that is smaller than `count`."""
    return 1 << (count - 1).bit_length() - 1
