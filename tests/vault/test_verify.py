"""`manage.py vault verify`: what it shows, what it notices, and that it changes nothing."""

import io
import json
import shutil

import pytest
from django.core.management import CommandError, call_command

from campaign.roles import Role
from petitions.models import Signature
from petitions.vault import Purpose
from tests.conftest import EPOCH
from tests.makers import make_petition, make_signature
from tests.vault.vault_command import (
    NEXT,
    activate_next,
    files_in,
    make_request,
    run,
)


@pytest.mark.django_db
def test_verify_of_a_sound_vault_shows_keys_and_rows_and_changes_nothing(keys):
    petition = make_petition()
    make_request(petition)
    make_signature(petition)
    activate_next(keys)
    make_signature(petition)
    before = files_in(keys.directory)

    said = run("verify")

    lines = [line.split() for line in said.splitlines()]
    assert [f"mail-{EPOCH}", "older", "here", "1"] in lines
    assert [f"mail-{NEXT}", "active", "here", "0"] in lines
    assert [f"signature-{EPOCH}", "older", "here", "2"] in lines
    assert [f"signature-{NEXT}", "active", "here", "1"] in lines
    assert ["pepper", "here"] in lines
    assert "4 rows opened. No stored row was changed." in said
    assert said.endswith("All is as it must be.\n")
    assert files_in(keys.directory) == before


@pytest.mark.django_db
def test_verify_notices_a_row_that_does_not_open(keys):
    petition = make_petition()
    one, two = make_signature(petition), make_signature(petition)
    Signature.objects.filter(pk=one.pk).update(sig_box=two.sig_box)

    for words in (["verify"], ["verify", "--all"]):
        assert problems(*words) == ["signatures: 1 row tried did not open."]


@pytest.mark.django_db
def test_verify_tries_a_sample_and_with_all_every_row(keys, monkeypatch):
    monkeypatch.setattr("petitions.management.commands.vault.SAMPLE", 3)
    petition = make_petition()
    for _ in range(7):
        make_signature(petition)

    assert "3 rows opened" in run("verify")
    assert "7 rows opened" in run("verify", "--all")


def wrong_mail_key(keys):
    (keys.directory / "mail" / f"{EPOCH}.json").write_text(json.dumps({"seed": "00" * 32}))


def short_signature_key(keys):
    (keys.directory / "signature" / f"{EPOCH}.json").write_text(json.dumps({"seed": "00"}))


def missing_private_key(keys):
    (keys.directory / "signature" / f"{EPOCH}.json").unlink()


def wrong_pepper(keys):
    (keys.directory / "pepper" / "pepper.json").write_text(json.dumps({"pepper": "00" * 32}))


def missing_pepper(keys):
    (keys.directory / "pepper" / "pepper.json").unlink()


def missing_public_key(keys):
    (keys.directory / "public" / f"mail-{EPOCH}.json").unlink()


def missing_active_keys(keys):
    (keys.directory / "public" / "active.json").unlink()


def wrong_older_key(keys):
    activate_next(keys)
    wrong_mail_key(keys)


def open_folder(keys):
    (keys.directory / "mail").chmod(0o755)
    (keys.directory / "mail" / f"{EPOCH}.json").chmod(0o644)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (wrong_mail_key, "does not open its canary"),
        (short_signature_key, "has 1 bytes; it must have 32"),
        (missing_private_key, f"The signature key of epoch {EPOCH} is missing"),
        (wrong_pepper, "The pepper is not the one"),
        (missing_pepper, "The pepper is missing"),
        (missing_public_key, f"mail-{EPOCH}.json can't be read"),
        (missing_active_keys, "No active keys"),
        (wrong_older_key, f"The mail key of epoch {EPOCH} does not open its canary"),
        (open_folder, f"mail/{EPOCH}.json: chmod o="),
    ],
)
def test_verify_notices_what_is_wrong_with_keys(keys, harm, words):
    make_request(make_petition())
    harm(keys)

    assert any(words in problem for problem in problems("verify"))


@pytest.mark.django_db
def test_verify_notices_a_surplus_secret(keys, settings):
    settings.ROLE = Role.WEB

    (problem,) = problems("verify")

    assert problem.startswith("The web role would not start. This role must not hold")


@pytest.mark.django_db
def test_verify_on_a_machine_with_half_of_the_keys_is_content_with_them(keys, settings):
    make_request(make_petition())
    settings.ROLE = Role.DELIVERER
    shutil.rmtree(keys.directory / "mail")
    shutil.rmtree(keys.directory / "pepper")

    said = run("verify")

    lines = [line.split() for line in said.splitlines()]
    assert [f"mail-{EPOCH}", "active", "-", "1"] in lines
    assert [f"signature-{EPOCH}", "active", "here", "1"] in lines
    assert "1 row opened" in said


@pytest.mark.django_db
def test_verify_notices_rows_of_a_key_that_nobody_made(keys):
    signature = make_signature(make_petition())
    forged = signature.sig_box[:1] + b"2031-01z" + signature.sig_box[9:]
    Signature.objects.update(sig_box=forged)

    assert problems("verify") == ["1 row of signature-2031-01z: no such key was ever made here."]


@pytest.mark.django_db
def test_verify_notices_what_is_no_box_and_shows_none_of_it(keys):
    make_signature(make_petition())
    Signature.objects.update(sig_box=b"\x01\x1b[31mred\x07")

    assert problems("verify") == ["1 row of signature-no-epoch: no such key was ever made here."]


@pytest.mark.django_db
def test_rows_of_a_destroyed_key_are_shown_and_are_no_fault(keys):
    make_signature(make_petition())
    activate_next(keys)
    keys.destroy(Purpose.SIGNATURE, EPOCH)

    said = run("verify")

    lines = [line.split() for line in said.splitlines()]
    assert [f"signature-{EPOCH}", "destroyed", "-", "1"] in lines


def problems(*words) -> list[str]:
    said = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("vault", *words, stdout=io.StringIO(), stderr=said)
    found = [line.removeprefix("- ") for line in said.getvalue().splitlines()]
    assert str(refused.value) == f"Not as it must be: {len(found)}, named above."
    assert refused.value.returncode == 1
    return found
