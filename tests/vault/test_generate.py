"""`manage.py vault generate`: keys, the first time a pepper, and shares of each."""

import pytest
from django.utils import timezone

from campaign.roles import Role
from petitions.vault import Purpose, Secret, Vault, vault
from tests.conftest import EPOCH
from tests.vault.vault_command import (
    NEXT,
    files_in,
    refusal,
    run,
)


def test_the_first_time_makes_keys_and_a_pepper_and_activates_them(folder):
    said = run("generate")

    epoch = f"{timezone.now():%Y-%m}a"
    assert {vault().active_epoch(purpose) for purpose in Purpose} == {epoch}
    vault().check(frozenset(Secret))
    assert f"Made in {folder}: mail-{epoch}, signature-{epoch}, pepper." in said
    assert "They are active" in said
    assert "keep a copy apart from the database's backups" in said
    assert "  mail/ where these run: mailer\n" in said
    assert "  signature/ where these run: deliverer, organizer\n" in said


def test_later_keys_wait_to_be_activated(keys):
    said = run("generate", "--epoch", NEXT)

    assert vault().active_epoch(Purpose.MAIL) == EPOCH
    assert f"then: manage.py vault activate {NEXT}" in said
    assert "pepper," not in said


def test_an_epoch_gets_the_months_first_free_letter(keys):
    month = f"{timezone.now():%Y-%m}"
    for epoch in {f"{month}{letter}" for letter in "abc"} - {EPOCH}:
        keys.generate_key(Purpose.MAIL, epoch)

    run("generate")

    assert keys.epochs(Purpose.MAIL)[-1] == f"{month}d"
    assert keys.epochs(Purpose.SIGNATURE)[-1] == f"{month}d"


def test_if_missing_makes_what_is_missing_once_and_then_says_nothing(folder):
    assert "They are active" in run("generate", "--if-missing")
    made = files_in(folder)

    assert run("generate", "--if-missing") == ""
    assert files_in(folder) == made


def test_a_lost_pepper_is_not_replaced(keys):
    (keys.directory / "public" / "pepper.json").unlink()

    for words in (["generate"], ["generate", "--if-missing"], ["rotate"]):
        assert "sign twice" in refusal(*words)
    assert keys.epochs(Purpose.MAIL) == [EPOCH]


def test_a_generate_that_a_crash_cut_short_is_finished_by_the_next(folder):
    half = Vault(folder)
    half.generate_key(Purpose.MAIL, EPOCH)
    pepper = half.generate_pepper()

    run("generate", "--if-missing")

    vault().check(frozenset(Secret))
    assert vault().pepper() == pepper


@pytest.mark.parametrize("epoch", ["2026-13a", "2026-11", "../../../x", "2026-11aa"])
def test_what_is_no_epoch_is_refused(folder, epoch):
    assert "is no epoch" in refusal("generate", "--epoch", epoch)
    assert files_in(folder) == {}


def test_shares_are_written_for_each_new_secret(folder, tmp_path):
    said = run("generate", "--epoch", EPOCH, "--shares", tmp_path / "shares")

    names = sorted(path.name for path in (tmp_path / "shares").iterdir())
    assert names == [
        f"{secret}.share-{number}-of-3.txt"
        for secret in (f"mail-{EPOCH}", "pepper", f"signature-{EPOCH}")
        for number in (1, 2, 3)
    ]
    assert "Carry them apart" in said


def test_no_key_is_made_when_its_shares_could_not_be_written(keys, tmp_path):
    (tmp_path / f"mail-{NEXT}.share-3-of-3.txt").write_text("another campaign's")

    assert "is there already" in refusal("rotate", "--epoch", NEXT, "--shares", tmp_path)
    assert keys.epochs(Purpose.MAIL) == [EPOCH]
    file = tmp_path / "file"
    file.write_text("")
    assert "Not a directory" in refusal("rotate", "--epoch", NEXT, "--shares", file / "x")
    assert keys.epochs(Purpose.MAIL) == [EPOCH]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ALL])
def test_no_role_makes_keys_that_it_must_not_hold(folder, settings, role):
    settings.ROLE = role

    assert f"The {role} role must not hold these secrets" in refusal("generate")
    assert files_in(folder) == {}
