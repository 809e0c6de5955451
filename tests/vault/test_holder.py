"""What is sealed to the holder of a secret opens with that secret alone."""

import pytest

from petitions.vault import (
    CannotOpen,
    HolderKey,
    open_by_secret,
    seal_by_secret,
    seal_to_holder,
)

SECRET = "s" * 43
DATA = "Zoë O'Neill".encode()


def by_key_pair(data, secret, context):
    public = HolderKey.of(secret, context).public_bytes()
    return seal_to_holder(data, public_bytes=public, context=context)


def opened_by_key_pair(box, secret, context):
    return HolderKey.of(secret, context).open(box)


def by_secret(data, secret, context):
    return seal_by_secret(data, secret=secret, context=context)


def opened_by_secret(box, secret, context):
    return open_by_secret(box, secret=secret, context=context)


WAYS = [(by_key_pair, opened_by_key_pair), (by_secret, opened_by_secret)]
both_ways = pytest.mark.parametrize(("seal", "open_box"), WAYS, ids=["key pair", "secret"])


@both_ways
def test_the_holder_opens_what_was_sealed_to_them(seal, open_box):
    box = seal(DATA, SECRET, "copy 1")

    assert open_box(box, SECRET, "copy 1") == DATA
    assert DATA not in box


@both_ways
@pytest.mark.parametrize(
    ("secret", "context"), [("t" * 43, "copy 1"), (SECRET, "copy 2"), (SECRET[:-1], "copy 1")]
)
def test_another_secret_or_context_opens_nothing(seal, open_box, secret, context):
    with pytest.raises(CannotOpen):
        open_box(seal(DATA, SECRET, "copy 1"), secret, context)


def test_what_was_sealed_one_way_does_not_open_the_other():
    with pytest.raises(CannotOpen):
        opened_by_secret(by_key_pair(DATA, SECRET, "copy 1"), SECRET, "copy 1")
    with pytest.raises(CannotOpen):
        opened_by_key_pair(by_secret(DATA, SECRET, "copy 1"), SECRET, "copy 1")


def test_a_box_of_another_context_does_not_open_under_the_same_key():
    key = HolderKey.of(SECRET, "copy 1")
    moved = seal_to_holder(DATA, public_bytes=key.public_bytes(), context="copy 2")

    with pytest.raises(CannotOpen):
        key.open(moved)


@both_ways
@pytest.mark.parametrize(
    "damage",
    [
        lambda _box: b"",
        lambda box: box[:1],
        lambda box: box[:-1],
        lambda box: bytes([2]) + box[1:],
        lambda box: box[:-1] + bytes([box[-1] ^ 1]),
    ],
)
def test_a_damaged_box_does_not_open(seal, open_box, damage):
    with pytest.raises(CannotOpen):
        open_box(damage(seal(DATA, SECRET, "copy 1")), SECRET, "copy 1")


def pieces(key):
    return {key[place : place + 8] for place in range(len(key) - 8)}


def test_keys_of_one_secret_can_not_be_told_to_belong_together():
    one, two = (HolderKey.of(SECRET, context).public_bytes() for context in ("copy 1", "copy 2"))

    assert len(one) == len(two) == 1216
    assert not pieces(one) & pieces(two)


def test_neither_secret_nor_seed_stands_in_a_traceback():
    key = HolderKey.of(SECRET, "copy 1")

    assert SECRET not in repr(key)
    assert key.seed.hex() not in repr(key)
    assert repr(key.seed) not in repr(key)
