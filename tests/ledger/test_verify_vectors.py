"""The tree, its proofs and signed notes, against what others have published."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from five_asks_verify.checkpoint import (
    COSIGNATURE,
    Checkpoint,
    NotACheckpoint,
    VerifierKey,
    key_of,
    open_note,
    read_checkpoint,
    sign,
    signature_line,
)
from five_asks_verify.merkle import EMPTY_ROOT, is_consistent, is_included, leaf_hash, root_of
from five_asks_verify.tiles import Tile, Tree, read_index_path, tiles_of

# The test tree of the Certificate Transparency project, used by most implementations of RFC 6962
# (transparency-dev/merkle, proof/verify_test.go).
ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
ROOTS = [
    bytes.fromhex(root)
    for root in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
INCLUSION = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
CONSISTENCY = [
    (1, 1, []),
    (
        1,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
    (
        6,
        7,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
]
# golang.org/x/mod/sumdb/note, note_test.go.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_PRIVATE = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
NEUMANN_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
NEUMANN_LINE = (
    "— PeterNeumann"
    " x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# c2sp.org/tlog-cosignature.
SOFA = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""


def tree(size):
    return Tree(size, lambda tile: b"".join(LEAVES[: tile.width]))


def as_bytes(proof):
    return [bytes.fromhex(step) for step in proof]


def mangled(proof):
    """The same with a bit changed, a step less, or one more at either end."""
    for at, step in enumerate(proof):
        yield [*proof[:at], bytes([step[0] ^ 8]) + step[1:], *proof[at + 1 :]]
    if proof:
        yield proof[:-1]
        yield proof[1:]
    yield [*proof, ROOTS[3]]
    yield [ROOTS[3], *proof]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_published_tree(size):
    assert root_of(LEAVES[:size]) == ROOTS[size]
    assert tree(size).root() == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "published"), INCLUSION)
def test_a_published_inclusion_proof_is_made_and_believed_and_no_mangled_one(
    index, size, published
):
    proof = as_bytes(published)
    leaf, root = LEAVES[index], ROOTS[size]

    assert tree(size).inclusion_proof(index) == proof
    assert is_included(leaf, index=index, size=size, proof=proof, root=root)
    for other in mangled(proof):
        assert not is_included(leaf, index=index, size=size, proof=other, root=root)
    for other in (index - 1, index + 1, index ^ 2):
        assert not is_included(leaf, index=other, size=size, proof=proof, root=root)
    assert not is_included(leaf, index=index, size=size * 2, proof=proof, root=root)
    assert not is_included(leaf, index=index, size=size // 2, proof=proof, root=root)
    assert not is_included(ROOTS[3], index=index, size=size, proof=proof, root=root)
    assert not is_included(leaf, index=index, size=size, proof=proof, root=EMPTY_ROOT)


@pytest.mark.parametrize(("size", "later", "published"), CONSISTENCY)
def test_a_published_consistency_proof_is_made_and_believed_and_no_mangled_one(
    size, later, published
):
    proof = as_bytes(published)
    roots = {"root": ROOTS[size], "later_root": ROOTS[later]}

    assert tree(later).consistency_proof(size) == proof
    assert is_consistent(size=size, later_size=later, proof=proof, **roots)
    for other in mangled(proof):
        assert not is_consistent(size=size, later_size=later, proof=other, **roots)
    for other in (size - 1, size + 1, size ^ 2):
        if other != 0 or proof:
            assert not is_consistent(size=other, later_size=later, proof=proof, **roots)
    assert not is_consistent(size=size, later_size=later * 2, proof=proof, **roots)
    assert not is_consistent(
        size=size, later_size=later, proof=proof, root=EMPTY_ROOT, later_root=ROOTS[later]
    )
    assert not is_consistent(
        size=size, later_size=later, proof=proof, root=ROOTS[size], later_root=EMPTY_ROOT
    )


def test_an_empty_tree_is_the_beginning_of_every_tree():
    assert is_consistent(size=0, root=EMPTY_ROOT, later_size=8, later_root=ROOTS[8], proof=[])
    assert not is_consistent(size=0, root=ROOTS[1], later_size=8, later_root=ROOTS[8], proof=[])
    assert not is_consistent(size=8, root=ROOTS[8], later_size=0, later_root=EMPTY_ROOT, proof=[])


def test_a_tree_of_70000_leaves_has_the_tiles_that_the_standard_names():
    """c2sp.org/tlog-tiles counts them out."""
    assert [len(list(tiles_of(70_000, level))) for level in range(4)] == [274, 2, 1, 0]
    assert [list(tiles_of(70_000, level))[-1].width for level in range(3)] == [112, 17, 1]
    assert Tile(0, 1_234_067).path == "0/x001/x234/067"
    assert Tile(1, 0, 1).path == "1/000.p/1"


@pytest.mark.parametrize(
    "path", ["1", "0001", "x001", "x000/001", "001/002", "001.p/0", "001.p/256", "001.p/09", "../1"]
)
def test_a_path_that_is_not_in_its_one_form_is_none(path):
    with pytest.raises(ValueError, match="1"):
        read_index_path(path)


def test_a_path_is_read_back():
    assert read_index_path("x001/x234/067") == (1_234_067, 256)
    assert read_index_path("002.p/17") == (2, 17)


def test_the_published_note_is_signed_with_the_published_key():
    key = VerifierKey.read(NEUMANN)
    raw = base64.b64decode(NEUMANN_LINE.rsplit(maxsplit=1)[-1])
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(NEUMANN_PRIVATE)[1:])

    assert str(key) == NEUMANN
    assert key == key_of("PeterNeumann", private)
    assert raw[:4] == key.id
    assert key.has_signed(NEUMANN_TEXT, raw[4:])
    assert not key.has_signed(NEUMANN_TEXT.replace("you", "they"), raw[4:])
    assert signature_line(key, private.sign(NEUMANN_TEXT.encode())) == NEUMANN_LINE


@pytest.mark.parametrize("at", range(len(NEUMANN)))
def test_a_key_with_one_sign_changed_is_none(at):
    other = NEUMANN[:at] + chr(ord(NEUMANN[at]) + 1) + NEUMANN[at + 1 :]
    with pytest.raises(ValueError, match="key"):
        VerifierKey.read(other)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_what_is_no_key_is_refused(key):
    with pytest.raises(ValueError, match="key"):
        VerifierKey.read(key)


def test_the_standards_example_of_a_checkpoint_is_read():
    root = base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    point = Checkpoint("example.com/behind-the-sofa", 20_852_163, root)

    assert read_checkpoint(SOFA) == point
    assert SOFA.startswith(f"{point}\n")


class TestNote:
    private = Ed25519PrivateKey.generate()
    point = Checkpoint("petitions.example/ledger/1", 8, ROOTS[8])
    key = key_of(point.origin, private)
    note = sign(point, private)

    def cosigned(self, *, time=1_679_315_147, spoilt=False):
        """As the standard writes it, by hand."""
        private = Ed25519PrivateKey.generate()
        key = VerifierKey(
            "witness.example/w1", COSIGNATURE, private.public_key().public_bytes_raw()
        )
        message = f"cosignature/v1\ntime {time}\n{self.point}"
        signature = time.to_bytes(8) + private.sign(message.encode())
        if spoilt:
            signature = (time + 1).to_bytes(8) + signature[8:]
        return key, self.note + signature_line(key, signature)

    def test_a_signed_note_opens(self):
        assert open_note(self.note, self.key) == self.point

    def test_a_witness_is_believed_who_has_signed_this_and_its_time(self):
        witness, note = self.cosigned()
        assert VerifierKey.read(str(witness)) == witness
        assert open_note(note, self.key, [witness]) == self.point

        witness, note = self.cosigned(spoilt=True)
        with pytest.raises(NotACheckpoint, match="w1 has not signed"):
            open_note(note, self.key, [witness])

    def test_a_time_beyond_the_standards_last_one_is_none(self):
        witness, note = self.cosigned(time=2**63)
        with pytest.raises(NotACheckpoint, match="has not signed"):
            open_note(note, self.key, [witness])

    def test_a_witness_who_has_not_signed_is_missed(self):
        witness, _ = self.cosigned()
        with pytest.raises(NotACheckpoint, match="has not signed"):
            open_note(self.note, self.key, [witness])

    def test_lines_of_others_are_passed_over(self):
        _, note = self.cosigned(spoilt=True)
        assert open_note(note, self.key) == self.point

    def test_a_second_false_line_of_the_same_key_spoils_the_note(self):
        with pytest.raises(NotACheckpoint, match="has not signed"):
            open_note(self.note + signature_line(self.key, bytes(64)), self.key)

    def test_a_key_that_is_no_point_of_the_curve_has_signed_nothing(self):
        key = VerifierKey(self.point.origin, 1, b"\xff" * 32)
        with pytest.raises(NotACheckpoint, match="has not signed"):
            open_note(f"{self.point}\n{signature_line(key, bytes(64))}", key)

    def test_another_logs_checkpoint_is_not_taken(self):
        other = Checkpoint("petitions.example/ledger/2", 8, ROOTS[8])
        note = f"{other}\n{signature_line(self.key, self.private.sign(str(other).encode()))}"
        with pytest.raises(NotACheckpoint, match="another log"):
            open_note(note, self.key)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("\n8\n", "\n9\n"),
            ("\n8\n", "\n08\n"),
            ("\n8\n", "\n٨\n"),
            ("\n8\n", "\n-8\n"),
            ("\n8\n", f"\n{'9' * 5000}\n"),
            ("\n8\n", "\n"),
            ("\n\n", "\n"),
            ("\n\n", "\n\n\n"),
            ("\n", "\r\n"),
            ("— ", "- "),
            ("— petitions", "petitions"),
            ("XcnaeacGWamtVZy3Ad7Zops=", ""),
        ],
    )
    def test_a_note_with_anything_changed_is_refused(self, old, new):
        changed = self.note.replace(old, new)
        if changed == self.note:
            changed = self.note[:-2]
        with pytest.raises(NotACheckpoint):
            open_note(changed, self.key)

    def test_a_size_that_no_log_has_is_a_clear_error(self):
        with pytest.raises(NotACheckpoint, match="size"):
            read_checkpoint(str(self.point).replace("\n8\n", f"\n{'9' * 5000}\n"))
