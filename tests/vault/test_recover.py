"""`manage.py vault recover`: two shares bring a secret back, and only the one they are of."""

import shutil

import pytest

from campaign.roles import Role
from petitions.models.sealed import Details
from petitions.vault import CannotOpen, Purpose, Secret, vault
from tests.conftest import EPOCH
from tests.makers import make_petition, make_signature
from tests.vault.vault_command import (
    activate_next,
    files_in,
    refusal,
    run,
)


@pytest.mark.django_db
@pytest.mark.parametrize("secret", [f"mail-{EPOCH}", f"signature-{EPOCH}", "pepper"])
def test_two_shares_bring_a_lost_secret_back(folder, tmp_path, secret):
    run("generate", "--epoch", EPOCH, "--shares", tmp_path / "shares")
    before = files_in(folder)
    shutil.rmtree(folder / secret.partition("-")[0])

    said = run("recover", *shares_of(tmp_path, secret, 3, 1))

    after = files_in(folder)
    assert {name for name in before if before[name] != after.get(name)} <= public_file(secret)
    assert "back" in said
    vault().check(frozenset(Secret))


@pytest.mark.django_db
def test_recover_brings_the_rows_of_a_destroyed_key_back(folder, tmp_path):
    run("generate", "--epoch", EPOCH, "--shares", tmp_path / "shares")
    signature = make_signature(make_petition(), name="Zoë")
    activate_next(vault())
    vault().destroy(Purpose.SIGNATURE, EPOCH)
    with pytest.raises(CannotOpen):
        signature.open_details()

    run("recover", *shares_of(tmp_path, f"signature-{EPOCH}", 1, 2))

    assert signature.open_details() == Details(name="Zoë")
    assert f"signature-{EPOCH}   older" in run("verify")


def test_shares_of_another_campaigns_key_write_nothing(folder, tmp_path, settings):
    run("generate", "--epoch", EPOCH, "--shares", tmp_path / "shares")
    settings.VAULT_DIR = tmp_path / "other"
    vault.cache_clear()
    run("generate", "--epoch", EPOCH)
    before = files_in(settings.VAULT_DIR)

    for secret in (f"mail-{EPOCH}", f"signature-{EPOCH}"):
        said = refusal("recover", *shares_of(tmp_path, secret, 1, 2))
        assert "does not open its canary" in said
    said = refusal("recover", *shares_of(tmp_path, "pepper", 1, 2))
    assert said == "The pepper is not the one that belongs to this campaign."
    assert files_in(settings.VAULT_DIR) == before


def test_mixed_shares_write_nothing(folder, tmp_path):
    run("generate", "--epoch", EPOCH, "--shares", tmp_path / "shares")
    (one, _) = shares_of(tmp_path, f"mail-{EPOCH}", 1, 2)
    (other, _) = shares_of(tmp_path, "pepper", 2, 1)
    shutil.rmtree(folder / "mail")
    before = files_in(folder)

    assert "shares of two secrets" in refusal("recover", one, other)
    assert "one share twice" in refusal("recover", one, one)
    assert "can't be read" in refusal("recover", one, tmp_path / "nowhere")
    assert files_in(folder) == before


def test_a_role_recovers_no_secret_that_it_must_not_hold(folder, tmp_path, settings):
    run("generate", "--epoch", EPOCH, "--shares", tmp_path / "shares")
    shutil.rmtree(folder / "mail")
    settings.ROLE = Role.WEB

    said = refusal("recover", *shares_of(tmp_path, f"mail-{EPOCH}", 1, 2))

    assert said.startswith("The web role must not hold these secrets: mail.")
    assert not (folder / "mail").exists()


def shares_of(tmp_path, secret, *numbers):
    return [tmp_path / "shares" / f"{secret}.share-{number}-of-3.txt" for number in numbers]


def public_file(secret) -> set[str]:
    """Recovering a key also notes that it is not destroyed."""
    return set() if secret == "pepper" else {f"public/{secret}.json"}
