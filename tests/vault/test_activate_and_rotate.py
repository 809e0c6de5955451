"""`manage.py vault activate` and `rotate`: new rows get new keys, and old rows keep theirs."""

import pytest

from petitions.models import Signature
from petitions.models.sealed import Details
from petitions.vault import Purpose, epoch_of
from tests.conftest import EPOCH
from tests.makers import make_petition, make_signature
from tests.vault.vault_command import (
    NEXT,
    refusal,
    run,
)


def test_activate_seals_new_rows_to_the_epoch(keys):
    run("generate", "--epoch", NEXT)

    said = run("activate", NEXT)

    assert epoch_of(keys.seal(Purpose.MAIL, b"x", context="row")) == NEXT
    assert f"New rows are sealed to mail-{NEXT} and signature-{NEXT} from now on" in said
    assert "old rows stay as they are" in said


def test_activate_refuses_an_epoch_without_keys(keys):
    assert "can't be read" in refusal("activate", NEXT)
    assert "can't be read" in refusal("activate", "../../etc")
    assert keys.active_epoch(Purpose.MAIL) == EPOCH


def test_activate_says_what_it_could_not_check(keys):
    run("generate", "--epoch", NEXT)
    (keys.directory / "mail" / f"{NEXT}.json").unlink()

    said = run("activate", NEXT)

    assert "Not checked: mail." in said
    assert "Not checked: signature." not in said


@pytest.mark.django_db
def test_rotate_keeps_the_old_keys_for_the_old_rows_and_says_what_comes_next(keys):
    old = make_signature(make_petition(), name="Zoë")

    said = run("rotate", "--epoch", NEXT)

    assert keys.active_epoch(Purpose.SIGNATURE) == NEXT
    assert Signature.objects.get(pk=old.pk).open_details() == Details(name="Zoë")
    following = said[said.index("What comes next") :]
    assert following.split("manage.py vault ")[1:] == [
        "rewrap     where each private key lies\n  ",
        "verify\n  ",
        f"destroy mail {EPOCH}\n  ",
        f"destroy signature {EPOCH}\n",
    ]


def test_rotate_needs_something_to_rotate(folder):
    assert refusal("rotate") == "No active keys: run 'manage.py vault generate'."
