"""A process that lacks a key it needs, or has one it must not have, refuses to start."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from django.conf import settings as django_settings

from campaign.checks.keys import refuse_to_start_with_wrong_keys
from campaign.roles import Role
from petitions.vault import Secret, vault
from tests.conftest import EPOCH

CASES = [(role, secret) for role in Role for secret in Secret]
SURPLUS = [(role, secret) for role, secret in CASES if secret not in role.secrets]
NEEDED = [(role, secret) for role, secret in CASES if secret in role.secrets]
WORDS = {
    Secret.MAIL_KEYS: f"The mail key of epoch {EPOCH} is missing",
    Secret.SIGNATURE_KEYS: f"The signature key of epoch {EPOCH} is missing",
    Secret.PEPPER: "The pepper is missing",
    Secret.LEDGER: "The public log's key is missing",
}
# The file of each, and the field that holds it.
FILES = {
    Secret.MAIL_KEYS: (EPOCH, "seed"),
    Secret.SIGNATURE_KEYS: (EPOCH, "seed"),
    Secret.PEPPER: ("pepper", "pepper"),
    Secret.LEDGER: ("ledger", "seed"),
}
NAMES = {Secret.LEDGER: "public log's key"}


@pytest.fixture
def machine(keys, settings):
    """A machine that holds exactly what its role may hold."""

    def set_up(role: Role):
        settings.ROLE = role
        for secret in set(Secret) - role.secrets:
            shutil.rmtree(keys.directory / secret)
        vault.cache_clear()
        return keys.directory

    return set_up


def test_the_table_of_roles_is_the_designs():
    assert {role: set(role.secrets) for role in Role} == {
        Role.WEB: set(),
        Role.MAILER: {Secret.MAIL_KEYS, Secret.PEPPER},
        Role.DELIVERER: {Secret.SIGNATURE_KEYS, Secret.LEDGER},
        Role.ORGANIZER: {Secret.SIGNATURE_KEYS, Secret.PEPPER},
        Role.RETURNS: set(),
        Role.ALL: set(Secret),
    }


@pytest.mark.parametrize("role", Role)
def test_a_role_starts_with_exactly_its_secrets(machine, role):
    machine(role)

    refuse_to_start_with_wrong_keys()


@pytest.mark.parametrize(("role", "secret"), SURPLUS)
def test_a_role_refuses_a_secret_that_it_must_not_hold(machine, role, secret):
    folder = machine(role)
    (folder / secret).mkdir()
    (folder / secret / "whatever.bak").write_text("a copy is as good as the key")

    with pytest.raises(SystemExit) as refusal:
        refuse_to_start_with_wrong_keys()

    assert refusal.value.code == (
        f"The {role} role does not start. This role must not hold {folder / secret}: move it away."
    )


@pytest.mark.parametrize(("role", "secret"), NEEDED)
def test_a_role_refuses_to_do_without_a_secret_that_it_needs(machine, role, secret):
    folder = machine(role)
    shutil.rmtree(folder / secret)

    with pytest.raises(SystemExit) as refusal:
        refuse_to_start_with_wrong_keys()

    assert str(refusal.value.code).startswith(f"The {role} role does not start. {WORDS[secret]}: ")


@pytest.mark.parametrize(("role", "secret"), NEEDED)
def test_a_role_refuses_a_secret_that_is_not_this_campaigns(machine, role, secret):
    folder = machine(role)
    name, field = FILES[secret]
    (folder / secret / f"{name}.json").write_text(json.dumps({field: "ab" * 32}))

    with pytest.raises(SystemExit) as refusal:
        refuse_to_start_with_wrong_keys()

    assert str(refusal.value.code).startswith(
        f"The {role} role does not start. The {NAMES.get(secret, secret)}"
    )


@pytest.mark.parametrize("role", Role)
def test_no_role_starts_without_active_keys(machine, role):
    folder = machine(role)
    (folder / "public" / "active.json").unlink()

    with pytest.raises(SystemExit, match=r"No active keys: run 'manage\.py vault generate'"):
        refuse_to_start_with_wrong_keys()


def test_the_web_server_does_not_load_with_private_keys_within_reach(keys):
    refusal = load_wsgi(keys)

    assert refusal.returncode == 1
    assert refusal.stderr.splitlines()[-1].startswith(
        f"The web role does not start. This role must not hold {keys.directory}"
    )
    assert "Traceback" not in refusal.stderr


def test_the_web_server_loads_with_public_keys_only(keys):
    for secret in Secret:
        shutil.rmtree(keys.directory / secret)

    loaded = load_wsgi(keys)

    assert (loaded.returncode, loaded.stdout) == (0, "loaded\n"), loaded.stderr


def load_wsgi(keys):
    return subprocess.run(
        [sys.executable, "-c", "import campaign.wsgi; print('loaded')"],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, "CAMPAIGN_ROLE": "web", "VAULT_DIR": str(keys.directory)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_worker_without_its_keys_stops_at_once_and_says_which(keys):
    for secret in Secret:
        shutil.rmtree(keys.directory / secret)

    refusal = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "campaign", "worker", "-c", "1"],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, "CAMPAIGN_ROLE": "mailer", "VAULT_DIR": str(keys.directory)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert refusal.returncode == 1
    assert refusal.stderr.splitlines()[-1].startswith("The mailer role does not start. The ")
