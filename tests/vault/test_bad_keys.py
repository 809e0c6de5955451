"""A key or the pepper that is missing, wrong or empty: nothing is sealed, opened or indexed."""

import json
import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from petitions.vault import (
    CannotOpen,
    KeysUnavailable,
    Purpose,
    Secret,
    Vault,
    VaultError,
    epoch_of,
)
from tests.conftest import EPOCH

ROW = "sign request 1"
NEXT = "2026-12a"


def restarted(keys: Vault) -> Vault:
    """As a process sees the folder that starts now."""
    return Vault(keys.directory)


def change(path: Path, **changes) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


# --- Sealing


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"mail": "2026-11a"}',
        '{"mail": "2026-11a", "signature": null}',
        '{"mail": "2026-11a", "signature": ["2026-11a"]}',
        '{"mail": "2026-11a", "signature": "2031-01a"}',
        '{"mail": "2026-11a", "signature": "../../mail/2026-11a"}',
        "\udcff",
    ],
)
def test_a_broken_list_of_active_keys_seals_nothing_from_now_on(keys, content):
    keys.seal(Purpose.MAIL, b"x", context=ROW)
    active = keys.directory / "public" / "active.json"
    active.write_bytes(content.encode("utf-8", "surrogateescape"))

    for vault in [keys, restarted(keys)]:
        for _ in range(2):
            with pytest.raises(KeysUnavailable):
                vault.seal(Purpose.MAIL, b"x", context=ROW)


def test_a_list_of_active_keys_that_vanishes_stops_sealing_until_it_is_back(keys):
    active = keys.directory / "public" / "active.json"
    keys.seal(Purpose.MAIL, b"x", context=ROW)
    active.rename(keys.directory / "away")

    with pytest.raises(KeysUnavailable, match="vault generate"):
        keys.seal(Purpose.MAIL, b"x", context=ROW)

    (keys.directory / "away").rename(active)
    assert keys.open(Purpose.MAIL, keys.seal(Purpose.MAIL, b"x", context=ROW), context=ROW) == b"x"


def test_an_active_key_without_its_public_key_seals_nothing(keys):
    (keys.directory / "public" / f"mail-{EPOCH}.json").unlink()

    with pytest.raises(KeysUnavailable, match=f"mail-{EPOCH}.json can't be read"):
        restarted(keys).seal(Purpose.MAIL, b"x", context=ROW)


@pytest.mark.parametrize("raw", ["", "AAAA", "not base64!", None, 5])
def test_a_damaged_public_key_seals_nothing(keys, raw):
    change(keys.directory / "public" / f"mail-{EPOCH}.json", public_key=raw)

    with pytest.raises(KeysUnavailable, match="holds no public key"):
        restarted(keys).seal(Purpose.MAIL, b"x", context=ROW)


def test_a_public_key_under_another_keys_name_seals_nothing(keys):
    public = keys.directory / "public"
    shutil.copy(public / f"mail-{EPOCH}.json", public / f"signature-{EPOCH}.json")

    with pytest.raises(KeysUnavailable, match="is another key's file"):
        restarted(keys).seal(Purpose.SIGNATURE, b"x", context=ROW)


def test_new_rows_go_to_the_newly_activated_key_without_a_restart(keys):
    running, epoch_before = restarted(keys), keys.active_epoch(Purpose.MAIL)
    before = running.seal(Purpose.MAIL, b"x", context=ROW)
    for purpose in Purpose:
        keys.generate_key(purpose, NEXT)
    keys.activate(dict.fromkeys(Purpose, NEXT))

    after = running.seal(Purpose.MAIL, b"x", context=ROW)

    assert (epoch_before, running.active_epoch(Purpose.MAIL)) == (EPOCH, NEXT)
    for box in (before, after):
        assert running.open(Purpose.MAIL, box, context=ROW) == b"x"


def test_threads_that_seal_while_keys_change_always_get_a_whole_key(keys):
    for purpose in Purpose:
        keys.generate_key(purpose, NEXT)
    running = restarted(keys)
    over = threading.Event()

    def seal_until_it_is_over():
        boxes = []
        while not over.is_set():
            boxes.append(running.seal(Purpose.MAIL, b"x", context=ROW))
        return boxes

    with ThreadPoolExecutor(4) as threads:
        sealing = [threads.submit(seal_until_it_is_over) for _ in range(4)]
        for epoch in [NEXT, EPOCH] * 15:
            keys.activate(dict.fromkeys(Purpose, epoch))
            time.sleep(0.005)
        over.set()
        boxes = [box for done in sealing for box in done.result()]

    assert {epoch_of(box) for box in boxes} == {EPOCH, NEXT}
    assert all(keys.open(Purpose.MAIL, box, context=ROW) == b"x" for box in boxes[::10])


def test_a_destroyed_key_that_a_stale_list_calls_active_seals_nothing(keys):
    for purpose in Purpose:
        keys.generate_key(purpose, NEXT)
    active = keys.directory / "public" / "active.json"
    stale = active.read_bytes()
    keys.activate(dict.fromkeys(Purpose, NEXT))
    keys.destroy(Purpose.MAIL, EPOCH)
    active.write_bytes(stale)

    with pytest.raises(KeysUnavailable, match="was destroyed"):
        keys.seal(Purpose.MAIL, b"x", context=ROW)


# --- Opening


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "can't be read"),
        ("{}", "is damaged"),
        ('{"seed": null}', "is damaged"),
        ('{"seed": "xyz"}', "is damaged"),
        ('{"seed": ""}', "has 0 bytes; it must have 32"),
        ('{"seed": "00ff"}', "has 2 bytes; it must have 32"),
        (json.dumps({"seed": "00" * 32}), "does not open its canary"),
    ],
)
def test_a_private_key_that_is_not_what_it_must_be_opens_nothing(keys, content, message):
    box = keys.seal(Purpose.MAIL, b"x", context=ROW)
    (keys.directory / "mail" / f"{EPOCH}.json").write_text(content)

    for vault in [keys, restarted(keys)]:
        with pytest.raises(KeysUnavailable, match=message):
            vault.open(Purpose.MAIL, box, context=ROW)


def test_a_private_key_whose_public_key_was_exchanged_is_noticed(keys, tmp_path):
    """Otherwise the web would seal to a stranger's key, and our canary would still open."""
    stranger = Vault(tmp_path / "stranger")
    stranger.generate_key(Purpose.MAIL, EPOCH)
    exchanged = stranger.directory / "public" / f"mail-{EPOCH}.json"
    raw = json.loads(exchanged.read_text())["public_key"]
    change(keys.directory / "public" / f"mail-{EPOCH}.json", public_key=raw)

    with pytest.raises(KeysUnavailable, match="does not open its canary"):
        restarted(keys).check(frozenset(Secret))


def test_rows_wait_for_a_key_that_is_only_missing(keys):
    box = keys.seal(Purpose.MAIL, b"x", context=ROW)
    keys.open(Purpose.MAIL, box, context=ROW)
    (keys.directory / "mail").rename(keys.directory / "not-mounted")

    with pytest.raises(KeysUnavailable, match="is missing"):
        keys.open(Purpose.MAIL, box, context=ROW)

    (keys.directory / "not-mounted").rename(keys.directory / "mail")
    assert keys.open(Purpose.MAIL, box, context=ROW) == b"x"


def test_no_row_is_given_up_when_the_whole_folder_is_away(keys):
    box = keys.seal(Purpose.MAIL, b"x", context=ROW)
    keys.directory.rename(keys.directory.with_name("not-mounted"))

    with pytest.raises(KeysUnavailable):
        keys.open(Purpose.MAIL, box, context=ROW)


def test_a_key_that_nobody_made_never_opens_and_stops_no_other_row(keys):
    box = keys.seal(Purpose.MAIL, b"x", context=ROW)
    forged = box[:1] + b"2031-01z" + box[9:]

    with pytest.raises(CannotOpen):
        keys.open(Purpose.MAIL, forged, context=ROW)


def test_a_running_process_forgets_a_key_that_is_destroyed(keys):
    running = restarted(keys)
    box = running.seal(Purpose.MAIL, b"x", context=ROW)
    assert running.open(Purpose.MAIL, box, context=ROW) == b"x"
    for purpose in Purpose:
        keys.generate_key(purpose, NEXT)
    keys.activate(dict.fromkeys(Purpose, NEXT))

    keys.destroy(Purpose.MAIL, EPOCH)

    with pytest.raises(CannotOpen):
        running.open(Purpose.MAIL, box, context=ROW)


# --- The pepper


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "The pepper is missing"),
        ("", "can't be read"),
        ("[]", "can't be read"),
        ("{}", "is damaged"),
        ('{"pepper": ""}', "has 0 bytes; it must have 32"),
        ('{"pepper": "00ff00ff"}', "has 4 bytes; it must have 32"),
        (json.dumps({"pepper": "00" * 32}), "not the one that belongs to this campaign"),
        (json.dumps({"pepper": "00" * 33}), "has 33 bytes; it must have 32"),
    ],
)
def test_without_the_right_pepper_nothing_is_indexed(keys, content, message):
    pepper = keys.directory / "pepper" / "pepper.json"
    if content is None:
        pepper.unlink()
    else:
        pepper.write_text(content)

    with pytest.raises(KeysUnavailable, match=message):
        restarted(keys).blind_index("petition 1", "ann@mail.example")


@pytest.mark.parametrize("canary", ["", "é", None, 5])
def test_a_pepper_with_a_broken_canary_indexes_nothing(keys, canary):
    change(keys.directory / "public" / "pepper.json", canary=canary)

    with pytest.raises(KeysUnavailable, match="not the one that belongs"):
        restarted(keys).blind_index("petition 1", "ann@mail.example")


def test_an_index_is_bound_to_its_scope(keys):
    values = {
        keys.blind_index("petition 1", "ann@mail.example"),
        keys.blind_index("petition 2", "ann@mail.example"),
        keys.blind_index("petition", " 1ann@mail.example"),
        keys.blind_index("", "petition 1ann@mail.example"),
    }

    assert {len(value) for value in values} == {32}
    assert len(values) == 4


# --- Making and keeping


@pytest.mark.parametrize("epoch", ["", "2026-11", "2026-13a", "../../x", "2026-11aa", "２026-11a"])
def test_what_is_no_epoch_gets_no_key(keys, epoch):
    with pytest.raises(VaultError, match="is no epoch"):
        keys.generate_key(Purpose.MAIL, epoch)


def test_no_key_is_ever_replaced(keys):
    with pytest.raises(VaultError, match="already"):
        keys.generate_key(Purpose.MAIL, EPOCH)


def test_a_private_key_whose_public_key_got_lost_is_not_replaced_either(keys):
    (keys.directory / "public" / f"mail-{EPOCH}.json").unlink()
    seed = (keys.directory / "mail" / f"{EPOCH}.json").read_bytes()

    with pytest.raises(VaultError, match="already"):
        keys.generate_key(Purpose.MAIL, EPOCH)

    assert (keys.directory / "mail" / f"{EPOCH}.json").read_bytes() == seed


@pytest.mark.parametrize("lost", ["public/pepper.json", "pepper/pepper.json"])
def test_a_second_pepper_is_never_made(keys, lost):
    (keys.directory / lost).unlink()

    with pytest.raises(VaultError, match="sign twice"):
        keys.generate_pepper()


def test_the_active_key_is_never_destroyed(keys):
    with pytest.raises(VaultError, match="activate another epoch first"):
        keys.destroy(Purpose.MAIL, EPOCH)

    assert keys.has_private_key(Purpose.MAIL, EPOCH)


def test_a_destroyed_key_is_never_activated(keys):
    for purpose in Purpose:
        keys.generate_key(purpose, NEXT)
    keys.destroy(Purpose.MAIL, NEXT)

    with pytest.raises(VaultError, match="was destroyed"):
        keys.activate({Purpose.MAIL: NEXT})


def test_a_key_that_does_not_open_its_canary_is_not_activated(keys):
    keys.generate_key(Purpose.MAIL, NEXT)
    change(keys.directory / "mail" / f"{NEXT}.json", seed="00" * 32)

    with pytest.raises(KeysUnavailable, match="does not open its canary"):
        keys.activate({Purpose.MAIL: NEXT})


# --- Files


def test_private_files_are_the_owners_and_public_ones_everybodys_whatever_the_umask(tmp_path):
    for umask in (0o000, 0o077):
        vault = Vault(tmp_path / f"{umask}")
        before = os.umask(umask)
        try:
            vault.generate_key(Purpose.MAIL, EPOCH)
        finally:
            os.umask(before)

        assert mode(vault.directory / "mail") == 0o700
        assert mode(vault.directory / "mail" / f"{EPOCH}.json") == 0o600
        assert mode(vault.directory / "public") == 0o755
        assert mode(vault.directory / "public" / f"mail-{EPOCH}.json") == 0o644


def test_a_folder_that_was_there_already_is_closed_to_strangers(tmp_path):
    vault = Vault(tmp_path / "vault")
    (vault.directory / "mail").mkdir(parents=True)
    (vault.directory / "mail").chmod(0o755)

    vault.generate_key(Purpose.MAIL, EPOCH)

    assert mode(vault.directory / "mail") == 0o750


def test_a_draft_that_a_crash_left_lends_its_rights_to_no_key(tmp_path):
    vault = Vault(tmp_path / "vault")
    (vault.directory / "mail").mkdir(parents=True)
    draft = vault.directory / "mail" / f"{EPOCH}.new"
    draft.write_text("half a key")
    draft.chmod(0o666)

    vault.generate_key(Purpose.MAIL, EPOCH)

    assert mode(vault.directory / "mail" / f"{EPOCH}.json") == 0o600
    assert not draft.exists()


def test_destroying_leaves_no_seed_under_any_name(keys):
    keys.generate_key(Purpose.MAIL, NEXT)
    private = keys.directory / "mail" / f"{NEXT}.json"
    seed = json.loads(private.read_text())["seed"]
    twin = keys.directory / "seen-through-another-name"
    os.link(private, twin)
    shutil.copy(private, private.with_suffix(".new"))
    assert seed in twin.read_text()

    keys.destroy(Purpose.MAIL, NEXT)

    files = [path for path in keys.directory.rglob("*") if path.is_file()]
    assert twin in files
    assert [path for path in files if seed.encode() in path.read_bytes()] == []


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777
