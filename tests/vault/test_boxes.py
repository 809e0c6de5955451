import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petitions.vault import CannotOpen, Purpose, Vault, boxes, epoch_of
from petitions.vault.keys import PrivateKey, public_key
from tests.conftest import EPOCH

ROW = "sign request 1"
HEADER = 9
ENCAPSULATED = 1120
TAG = 16

# The fixture's keys are the same for each example, and are meant to be.
with_same_keys = settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@with_same_keys
@given(
    data=st.binary(max_size=3000), context=st.text(max_size=50), purpose=st.sampled_from(Purpose)
)
def test_what_was_sealed_opens(keys, data, context, purpose):
    context = context.encode("utf-8", "replace").decode()
    box = keys.seal(purpose, data, context=context)

    assert keys.open(purpose, box, context=context) == data


def test_the_same_data_never_gives_the_same_box(keys):
    sealed = {keys.seal(Purpose.MAIL, b"ann@mail.example", context=ROW) for _ in range(50)}

    assert len({box[HEADER:] for box in sealed}) == 50


def test_a_box_shows_nothing_of_what_is_in_it(keys):
    box = keys.seal(Purpose.MAIL, b"ann@mail.example", context=ROW)

    assert b"ann" not in box
    assert epoch_of(box) == EPOCH


@with_same_keys
@given(st.data())
def test_one_flipped_bit_anywhere_and_it_does_not_open(keys, data):
    box = bytearray(keys.seal(Purpose.MAIL, b"ann@mail.example", context=ROW))
    bit = data.draw(st.integers(0, len(box) * 8 - 1))
    box[bit // 8] ^= 1 << bit % 8

    with pytest.raises(CannotOpen):
        keys.open(Purpose.MAIL, bytes(box), context=ROW)


@with_same_keys
@given(st.data())
def test_a_cut_box_does_not_open(keys, data):
    box = keys.seal(Purpose.MAIL, b"ann@mail.example", context=ROW)
    length = data.draw(st.integers(0, len(box) - 1))

    with pytest.raises(CannotOpen):
        keys.open(Purpose.MAIL, box[:length], context=ROW)


def test_a_box_with_something_behind_it_does_not_open(keys):
    box = keys.seal(Purpose.MAIL, b"ann@mail.example", context=ROW)

    with pytest.raises(CannotOpen):
        keys.open(Purpose.MAIL, box + b"\0", context=ROW)


@with_same_keys
@given(st.binary(max_size=2000))
def test_random_bytes_are_no_box(keys, noise):
    with pytest.raises(CannotOpen):
        keys.open(Purpose.MAIL, noise, context=ROW)


def test_a_box_opens_only_as_its_own_row(keys):
    box = keys.seal(Purpose.MAIL, b"ann@mail.example", context="sign request 1")

    with pytest.raises(CannotOpen):
        keys.open(Purpose.MAIL, box, context="sign request 2")


def test_a_box_opens_only_for_its_own_purpose(keys):
    box = keys.seal(Purpose.MAIL, b"ann@mail.example", context=ROW)

    with pytest.raises(CannotOpen):
        keys.open(Purpose.SIGNATURE, box, context=ROW)


def test_one_key_for_two_purposes_would_not_open_either(keys):
    """The purpose is bound to the box, not only chosen by the key."""
    key = PrivateKey.generate(Purpose.MAIL, EPOCH)
    public = public_key(key.public_bytes())
    box = boxes.seal(b"x", purpose=Purpose.MAIL, epoch=EPOCH, key=public, context=ROW)

    with pytest.raises(CannotOpen):
        boxes.open_box(box, purpose=Purpose.SIGNATURE, key=key.pair(), context=ROW)


def test_a_box_opens_only_with_its_own_epochs_key(keys):
    box = keys.seal(Purpose.MAIL, b"ann@mail.example", context=ROW)
    keys.generate_key(Purpose.MAIL, "2026-12a")
    relabelled = boxes.header("2026-12a") + box[HEADER:]

    with pytest.raises(CannotOpen):
        keys.open(Purpose.MAIL, relabelled, context=ROW)


def test_another_campaigns_vault_does_not_open_it(keys, tmp_path):
    other = Vault(tmp_path / "other")
    for purpose in Purpose:
        other.generate_key(purpose, EPOCH)
    other.activate(dict.fromkeys(Purpose, EPOCH))
    box = other.seal(Purpose.MAIL, b"ann@mail.example", context=ROW)

    with pytest.raises(CannotOpen):
        keys.open(Purpose.MAIL, box, context=ROW)


@pytest.mark.parametrize(
    ("length", "padded"),
    [(0, 512), (1, 512), (218, 512), (508, 512), (509, 1024), (1020, 1024), (1021, 2048)],
)
def test_only_powers_of_two_tell_of_the_length(keys, length, padded):
    box = keys.seal(Purpose.MAIL, b"x" * length, context=ROW)

    assert len(box) == HEADER + ENCAPSULATED + padded + TAG


@pytest.mark.parametrize(
    "epoch", ["../../..", "2026-13a", "2026-00a", "2026-11A", "20261-1a", "2026-11\n", "\0" * 8]
)
def test_a_hostile_epoch_reaches_no_file(keys, epoch):
    box = keys.seal(Purpose.MAIL, b"ann@mail.example", context=ROW)
    renamed = box[:1] + epoch.encode() + box[HEADER:]

    with pytest.raises(CannotOpen, match="names no epoch"):
        keys.open(Purpose.MAIL, renamed, context=ROW)


def test_digits_of_other_scripts_name_no_epoch(keys):
    box = b"\x01" + "٢٦-٠١".encode()[:8] + bytes(1700)

    with pytest.raises(CannotOpen, match="names no epoch"):
        epoch_of(box)


@pytest.mark.parametrize("packed", [b"", b"\0\0", b"\xff\xff\xff\xff", b"\0\0\0\x09not nine"])
def test_what_a_stranger_sealed_without_our_packing_does_not_open(keys, packed, monkeypatch):
    """Everybody has the public key; nobody may crash us or read past the end with it."""
    monkeypatch.setattr(boxes, "pad", lambda data: data)
    box = keys.seal(Purpose.MAIL, packed, context=ROW)

    with pytest.raises(CannotOpen, match="not packed"):
        keys.open(Purpose.MAIL, box, context=ROW)


def test_a_key_does_not_show_its_seed(keys):
    key = keys.private_key(Purpose.MAIL, EPOCH)

    assert key.seed.hex() in (keys.directory / "mail" / f"{EPOCH}.json").read_text()
    assert str(key.seed) not in repr(key)
