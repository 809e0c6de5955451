"""`manage.py vault destroy`: what is lost, what may remain, and how it is asked for."""

import io

import pytest
from django.db import connection

from petitions.models import Signature
from petitions.models.sealed import Details, open_news_address
from petitions.vault import CannotOpen, KeysUnavailable, Purpose, Vault
from petitions.vault.keys import key_id
from tests.conftest import EPOCH
from tests.makers import make_petition, make_signature, make_subscriber
from tests.vault.vault_command import (
    activate_next,
    make_request,
    refusal,
    run,
)


@pytest.mark.django_db
def test_destroy_makes_rows_unreadable_in_the_database_and_in_a_backup(keys):
    petition = make_petition()
    make_request(petition)
    subscriber = make_subscriber()
    lost, rewrapped = make_signature(petition), make_signature(petition)
    backup = bytes(Signature.objects.get(pk=rewrapped.pk).sig_box)
    activate_next(keys)
    Signature.objects.filter(pk=lost.pk).update(sig_box=b"", quarantined=True)
    run("rewrap")
    Signature.objects.filter(pk=lost.pk).update(sig_box=lost.sig_box, quarantined=False)

    said = run("destroy", "signature", EPOCH, "--type", f"signature-{EPOCH}")

    assert "1 row can never be read again, here or from any backup (signatures: 1)." in said
    with pytest.raises(CannotOpen):
        Signature.objects.get(pk=lost.pk).open_details()
    with pytest.raises(CannotOpen):
        Details.open(backup, petition_id=petition.pk, signature_id=rewrapped.id)
    with pytest.raises(CannotOpen):
        vault_of_another_process(keys).open(
            Purpose.SIGNATURE,
            backup,
            context=f"petition {petition.pk}, signature {rewrapped.id}",
        )
    assert Signature.objects.get(pk=rewrapped.pk).open_details() == Details(name="Ann Lee")
    subscriber.refresh_from_db()
    assert open_news_address(subscriber.mail_box, subscriber_id=subscriber.id)


@pytest.mark.django_db
def test_destroy_says_what_is_lost_and_what_may_remain(keys):
    make_request(make_petition())
    make_subscriber()
    activate_next(keys)

    said = run("destroy", "mail", EPOCH, "--type", f"mail-{EPOCH}")

    lost = "(sign requests (mail): 1, news subscribers: 1)"
    assert f"2 rows can never be read again, here or from any backup {lost}." in said
    assert f"mail-{EPOCH} is destroyed." in said
    for remainder in ("shares", "other machines", "backups", "restart mailer"):
        assert remainder in said


@pytest.mark.django_db
def test_destroy_refuses_the_active_epoch(keys):
    said = refusal("destroy", "mail", EPOCH, "--type", f"mail-{EPOCH}")

    assert said == f"New rows are sealed to mail-{EPOCH}: activate another epoch first."
    assert keys.has_private_key(Purpose.MAIL, EPOCH)


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["mail", EPOCH, f"signature-{EPOCH}", f"MAIL-{EPOCH}", "yes"])
def test_destroy_wants_the_keys_id_typed(keys, typed, monkeypatch):
    activate_next(keys)
    monkeypatch.setattr("builtins.input", lambda _: typed)

    for words in (["--type", typed], []):
        assert "nothing was destroyed" in refusal("destroy", "mail", EPOCH, *words)
    assert keys.has_private_key(Purpose.MAIL, EPOCH)


@pytest.mark.django_db
def test_destroy_asks_and_takes_the_typed_id(keys, monkeypatch):
    activate_next(keys)
    asked = []
    monkeypatch.setattr(
        "builtins.input", lambda question: asked.append(question) or f"mail-{EPOCH}"
    )

    said = run("destroy", "mail", EPOCH)

    assert asked == [f"To destroy it, type mail-{EPOCH}: "]
    assert "No stored row is sealed to it" in said
    assert not keys.has_private_key(Purpose.MAIL, EPOCH)


@pytest.mark.django_db
def test_destroy_without_anybody_at_the_terminal_destroys_nothing(keys, monkeypatch):
    activate_next(keys)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))

    assert "nothing was destroyed" in refusal("destroy", "mail", EPOCH)
    assert keys.has_private_key(Purpose.MAIL, EPOCH)


@pytest.mark.django_db
@pytest.mark.parametrize("epoch", ["2031-01a", "../../../etc/x"])
def test_destroy_refuses_a_key_that_never_was(keys, epoch):
    said = refusal("destroy", "mail", epoch, "--type", key_id(Purpose.MAIL, epoch))

    assert said == f"There is no mail key of epoch {epoch}."


@pytest.mark.django_db
def test_a_lost_key_can_be_given_up_so_that_its_rows_stop_no_others(keys):
    signature = make_signature(make_petition())
    activate_next(keys)
    (keys.directory / "signature" / f"{EPOCH}.json").unlink()
    with pytest.raises(KeysUnavailable):
        signature.open_details()

    said = run("destroy", "signature", EPOCH, "--type", f"signature-{EPOCH}")

    assert "was not here; it is given up" in said
    with pytest.raises(CannotOpen):
        signature.open_details()


@pytest.mark.django_db
def test_destroy_counts_before_it_asks_and_without_a_database_does_not(keys, monkeypatch):
    activate_next(keys)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE petitions_newssubscriber RENAME TO elsewhere")

    said = refusal("destroy", "mail", EPOCH, "--type", f"mail-{EPOCH}")

    assert said.startswith("The database does not do its part")
    assert keys.has_private_key(Purpose.MAIL, EPOCH)


def vault_of_another_process(keys: Vault) -> Vault:
    return Vault(keys.directory)
