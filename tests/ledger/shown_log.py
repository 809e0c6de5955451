"""A small log as a site shows it, written to a folder: its own maker, apart from the site's code."""

import base64
import json
import random
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from five_asks_verify.checkpoint import Checkpoint, key_of, sign
from five_asks_verify.entries import BatchClosed, Change, Kind, Receipt, places_text, ranges
from five_asks_verify.merkle import leaf_hash, node_hash, root_of
from five_asks_verify.tiles import WIDTH, index_path

ORIGIN = "petitions.example/ledger/1"


@dataclass(eq=False)
class Signed:
    secret: bytes


@dataclass(eq=False)
class Changed:
    kind: Kind
    signatures: list[Signed]


@dataclass(eq=False)
class Closed:
    number: int
    signatures: list[Signed]


@dataclass(eq=False)
class Said:
    """Any text at all, of an operator who errs or lies."""

    text: str


Leaf = Signed | Changed | Closed | Said


@dataclass
class ShownLog:
    """Leaves name each other, not their places: whoever moves one gets a log that still fits."""

    leaves: list[Leaf] = field(default_factory=list)
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    seed: int = 1

    def __post_init__(self):
        self.random = random.Random(self.seed)  # noqa: S311 - a test that is the same each time

    @property
    def key(self):
        return key_of(ORIGIN, self.private)

    @property
    def size(self):
        return len(self.leaves)

    @property
    def signatures(self):
        return [leaf for leaf in self.leaves if isinstance(leaf, Signed)]

    def sign(self, count=1):
        new = [Signed(self.random.randbytes(32)) for _ in range(count)]
        self.leaves += new
        return new

    def change(self, kind, *signatures):
        self.leaves.append(Changed(kind, list(signatures)))

    def close(self, number, signatures):
        self.leaves.append(Closed(number, list(signatures)))

    def say(self, text):
        self.leaves.append(Said(text))

    def hashes(self):
        return list(map(leaf_hash, self.entries()))

    def entries(self):
        places = {id(leaf): place for place, leaf in enumerate(self.leaves)}
        return [_entry(leaf, places) for leaf in self.leaves]

    def places(self, signatures):
        known = {id(leaf): place for place, leaf in enumerate(self.leaves)}
        return ranges(sorted(known[id(each)] for each in signatures if id(each) in known))

    def root(self, size=None):
        return root_of(self.hashes()[:size])

    def note(self, private=None):
        return sign(Checkpoint(ORIGIN, self.size, self.root()), private or self.private)

    def receipt(self, signature):
        return Receipt(1, self.leaves.index(signature), signature.secret)

    def receipts(self, signatures):
        found = sorted((self.receipt(each) for each in signatures), key=lambda each: each.place)
        return "\n".join(["receipt", *map(str, found), ""])

    def batches(self, hashes):
        last = {leaf.number: at for at, leaf in enumerate(self.leaves) if isinstance(leaf, Closed)}
        return [_record(self, self.leaves[at], at + 1, hashes) for at in last.values()]

    def write(self, folder: Path, *, note: str | None = None) -> Path:
        entries = self.entries()
        hashes = list(map(leaf_hash, entries))
        own_note = sign(Checkpoint(ORIGIN, self.size, root_of(hashes)), self.private)
        _write(folder / "key", str(self.key).encode())
        _write(folder / "checkpoint", (note or own_note).encode())
        _write(folder / "batches.json", json.dumps(self.batches(hashes)).encode())
        for path, content in tiles_of(hashes):
            _write(folder / "tile" / path, content)
        for first in range(0, self.size, WIDTH):
            width = min(WIDTH, self.size - first)
            page = self._page(entries, range(first, first + width))
            _write(folder / "entries" / index_path(first // WIDTH, width), page.encode())
        return folder

    def _page(self, entries, places):
        return "".join(
            f"{place}\t{entries[place].decode()}\n"
            for place in places
            if not isinstance(self.leaves[place], Signed)
        )


def tiles_of(hashes):
    """Each tile's path and content, from the definition: a tile's hash is the root below it."""
    level, row = 0, hashes
    while row:
        parts = [row[at : at + WIDTH] for at in range(0, len(row), WIDTH)]
        for index, part in enumerate(parts):
            yield f"{level}/{index_path(index, len(part))}", b"".join(part)
        row = [_root_by_definition(part) for part in parts if len(part) == WIDTH]
        level += 1


def _root_by_definition(hashes):
    if len(hashes) == 1:
        return hashes[0]
    half = 1 << ((len(hashes) - 1).bit_length() - 1)
    return node_hash(_root_by_definition(hashes[:half]), _root_by_definition(hashes[half:]))


def _entry(leaf, places):
    if isinstance(leaf, Signed):
        return leaf.secret
    if isinstance(leaf, Said):
        return leaf.text.encode()
    known = ranges(sorted(places[id(each)] for each in leaf.signatures if id(each) in places))
    if isinstance(leaf, Changed):
        return str(Change(leaf.kind, known)).encode()
    return str(BatchClosed.of(leaf.number, known)).encode()


def _record(log, closed, size, hashes):
    places = log.places(closed.signatures)
    batch = BatchClosed.of(closed.number, places)
    return {
        "number": batch.number,
        "count": batch.count,
        "places": places_text(places),
        "digest": batch.digest,
        "size": size,
        "root": base64.b64encode(root_of(hashes[:size])).decode(),
        "closed": "2026-11-29",
    }


def _write(file, content):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
