"""Trees of all kinds of sizes against pymerkle, which was written by others."""

import random

import pytest
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion

from five_asks_verify.merkle import HASH_BYTES, is_consistent, is_included, leaf_hash, root_of
from five_asks_verify.tiles import Tree
from tests.ledger.shown_log import tiles_of

SIZES = [*range(1, 20), 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 777]
RANDOM_TREES = 25
LONGEST = 1500
PROOFS_A_TREE = 6


class BothTrees:
    def __init__(self, size, chance):
        entries = [chance.randbytes(chance.choice([0, 1, 31, 32, 33, 90])) for _ in range(size)]
        self.size = size
        self.leaves = [leaf_hash(entry) for entry in entries]
        self.tiles = dict(tiles_of(self.leaves))
        self.theirs = InmemoryTree(algorithm="sha256")
        for entry in entries:
            self.theirs.append_entry(entry)

    def ours(self, size=None):
        return Tree(self.size if size is None else size, self.read_tile)

    def read_tile(self, tile):
        """An earlier tree's partial tile is the beginning of what is stored."""
        stored = next(
            self.tiles[path] for path in self.tiles if path.split(".")[0] == tile.path.split(".")[0]
        )
        return stored[: tile.width * HASH_BYTES]


def check_a_tree(both, chance):
    root = both.theirs.get_root()
    assert root_of(both.leaves) == root
    assert both.ours().root() == root
    for _ in range(PROOFS_A_TREE):
        check_inclusion(both, chance.randrange(both.size), root)
        check_growth(both, chance.randint(1, both.size), root)


def check_inclusion(both, index, root):
    # Counted from 1; its path begins with the leaf itself.
    theirs = both.theirs.prove_inclusion(index + 1)
    verify_inclusion(both.leaves[index], root, theirs)
    proof = both.ours().inclusion_proof(index)

    assert sorted(proof) == sorted(theirs.path[1:])
    assert is_included(both.leaves[index], index=index, size=both.size, proof=proof, root=root)


def check_growth(both, size, root):
    earlier = both.theirs.get_root(size)
    theirs = both.theirs.prove_consistency(size, both.size)
    verify_consistency(earlier, root, theirs)
    proof = both.ours().consistency_proof(size)
    claim = {"size": size, "later_size": both.size, "later_root": root, "proof": proof}

    assert both.ours(size).root() == root_of(both.leaves[:size]) == earlier
    assert is_consistent(root=earlier, **claim)
    assert not is_consistent(root=both.leaves[0][::-1], **claim)


@pytest.mark.parametrize("size", SIZES)
def test_a_tree_is_that_of_pymerkle(size):
    chance = random.Random(size)  # noqa: S311 - the same each time
    check_a_tree(BothTrees(size, chance), chance)


def test_random_trees_are_those_of_pymerkle(show):
    chance = random.Random(6962)  # noqa: S311
    sizes = [chance.randint(1, LONGEST) for _ in range(RANDOM_TREES)]
    for size in sizes:
        check_a_tree(BothTrees(size, chance), chance)
    proofs = 2 * PROOFS_A_TREE * RANDOM_TREES
    show(
        f"log trees that are those of pymerkle: {len(sizes)} of random sizes"
        f" (up to {max(sizes):,}), with {proofs} proofs"
    )


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 65_793])
def test_trees_of_three_levels_give_proofs_of_each_kind(size):
    """Too many for pymerkle's pace: here the two ways of our own must agree."""
    chance = random.Random(size)  # noqa: S311
    leaves = [chance.randbytes(HASH_BYTES) for _ in range(size)]
    tiles = dict(tiles_of(leaves))
    tree = Tree(size, lambda tile: tiles[tile.path])
    root = root_of(leaves)

    assert tree.root() == root
    for index in {0, 255, 256, size // 2, size - 257, size - 2, size - 1}:
        proof = tree.inclusion_proof(index)
        assert is_included(leaves[index], index=index, size=size, proof=proof, root=root)
    for earlier in (1, 255, 256, 257, 32_768, 65_280, size - 1):
        assert is_consistent(
            size=earlier,
            root=root_of(leaves[:earlier]),
            later_size=size,
            later_root=root,
            proof=tree.consistency_proof(earlier),
        )
