"""The Merkle tree of RFC 9162, section 2.1: hashes, and what proofs prove."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root of a tree with these leaf hashes, in memory that grows with its height alone."""
    peaks: list[tuple[int, bytes]] = []
    for leaf in leaves:
        height, top = 0, leaf
        while peaks and peaks[-1][0] == height:
            top = node_hash(peaks.pop()[1], top)
            height += 1
        peaks.append((height, top))
    if not peaks:
        return EMPTY_ROOT
    root = peaks.pop()[1]
    while peaks:
        root = node_hash(peaks.pop()[1], root)
    return root


def is_included(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that `leaf` is the one at `index` of the tree (section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last = index, size - 1
    top = leaf
    for step in proof:
        if last == 0:
            return False
        if place % 2 or place == last:
            top = node_hash(step, top)
            while place and not place % 2:
                place //= 2
                last //= 2
        else:
            top = node_hash(top, step)
        place //= 2
        last //= 2
    return last == 0 and top == root


def is_consistent(
    *, size: int, root: bytes, later_size: int, later_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether `proof` shows that the later tree only adds to the earlier one (section 2.1.4.2)."""
    if size == later_size:
        return not proof and root == later_root
    if size == 0:
        return not proof and root == EMPTY_ROOT
    if not 0 < size < later_size or not proof:
        return False
    steps = [root, *proof] if size & (size - 1) == 0 else list(proof)
    place, last = size - 1, later_size - 1
    while place % 2:
        place //= 2
        last //= 2
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place % 2 or place == last:
            old = node_hash(step, old)
            new = node_hash(step, new)
            while place and not place % 2:
                place //= 2
                last //= 2
        else:
            new = node_hash(new, step)
        place //= 2
        last //= 2
    return last == 0 and old == root and new == later_root
