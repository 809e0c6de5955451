"""`manage.py vault`, step by step, with real key files and real rows."""

import io
import json
import shutil
import time
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from campaign.roles import Role
from petitions.models import Signature, SignRequest, Visibility
from petitions.models.news import news_subscriber_id
from petitions.models.sealed import Details, Mailing, open_news_address
from petitions.models.signature import signature_id
from petitions.resealing import SHELVES
from petitions.vault import CannotOpen, KeysUnavailable, Purpose, Secret, Vault, epoch_of, vault
from petitions.vault.keys import key_id
from tests.conftest import EPOCH
from tests.makers import make_petition, make_signature
from tests.processes import Processes
from tests.vault.vault_command import (
    NEXT,
    activate_next,
    files_in,
    make_request,
    make_subscriber,
    refusal,
    rows_by_epoch,
    run,
)


@pytest.fixture
def folder(tmp_path, settings) -> Path:
    """Where a vault will be; nothing is there yet."""
    settings.VAULT_DIR = tmp_path / "vault"
    vault.cache_clear()
    yield settings.VAULT_DIR
    vault.cache_clear()


# --- generate


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


# --- activate and rotate


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


# --- rewrap


@pytest.mark.django_db
def test_rewrap_seals_every_row_anew_and_changes_no_content(keys):
    one, two = make_petition(1), make_petition(2)
    request = make_request(one, two, name="Zoë", comment="Please.")
    signature = make_signature(one, name="Bob O'Neill", postcode="LT-01100")
    subscriber = make_subscriber("bob@mail.example")
    make_signature(one, visibility=Visibility.WITHHELD)
    mailing_before = Mailing.open(request.mail_box, request_id=request.id)
    activate_next(keys)

    run("rewrap")

    nothing_tapped: dict[str, dict] = {"details on their way": {}}
    assert rows_by_epoch() == {shelf.name: {NEXT: 1} for shelf in SHELVES} | nothing_tapped
    request.refresh_from_db()
    assert Mailing.open(request.mail_box, request_id=request.id) == mailing_before
    news_address = open_news_address(request.news_box, subscriber_id=news_subscriber_id(request.id))
    assert news_address == "ann@mail.example"
    for petition, box in zip([one, two], request.sig_boxes, strict=True):
        assert Details.open(
            box, petition_id=petition.pk, signature_id=signature_id(request.id, petition.pk)
        ) == Details(name="Zoë", comment="Please.")
    signature.refresh_from_db()
    assert signature.open_details() == Details(name="Bob O'Neill", postcode="LT-01100")
    subscriber.refresh_from_db()
    address = open_news_address(subscriber.mail_box, subscriber_id=subscriber.id)
    assert address == "bob@mail.example"


@pytest.mark.django_db
def test_rewrap_touches_nothing_but_boxes(keys):
    request = make_request(make_petition())
    fields = [
        field.attname
        for field in SignRequest._meta.fields
        if field.attname not in {"mail_box", "news_box", "sig_boxes"}
    ]
    before = SignRequest.objects.values(*fields).get()
    activate_next(keys)

    run("rewrap")

    assert SignRequest.objects.values(*fields).get() == before
    assert epoch_of(SignRequest.objects.get().mail_box) == NEXT
    assert request.pk == before["id"]


@pytest.mark.django_db
def test_rewrap_again_does_nothing(keys):
    make_signature(make_petition())
    activate_next(keys)
    run("rewrap")
    box = Signature.objects.get().sig_box

    said = run("rewrap")

    assert "signatures: 0 rows re-sealed" in said
    assert Signature.objects.get().sig_box == box


@pytest.mark.django_db
def test_a_request_whose_boxes_are_of_two_epochs_is_made_whole(keys):
    request = make_request(make_petition(1), make_petition(2))
    activate_next(keys)
    details = Details(name="Ann Lee")
    second = request.petition_ids[1]
    request.sig_boxes[1] = details.seal(
        petition_id=second, signature_id=signature_id(request.id, second)
    )
    request.save()
    assert rows_by_epoch()["sign requests (details)"] == {EPOCH: 1, NEXT: 1}

    run("rewrap")

    assert rows_by_epoch()["sign requests (details)"] == {NEXT: 1}


@pytest.mark.django_db
def test_rewrap_leaves_and_reports_what_does_not_open(keys):
    petition = make_petition()
    good = [make_signature(petition) for _ in range(3)]
    swapped = make_signature(petition)
    Signature.objects.filter(pk=swapped.pk).update(sig_box=good[0].sig_box)
    forged = make_signature(petition)
    nonsense = keys.seal(
        Purpose.SIGNATURE,
        b'["not", "details"]',
        context=f"petition {petition.pk}, signature {forged.id}",
    )
    Signature.objects.filter(pk=forged.pk).update(sig_box=nonsense)
    no_box = make_signature(petition)
    Signature.objects.filter(pk=no_box.pk).update(sig_box=b"no box at all")
    activate_next(keys)

    said = run("rewrap", "--batch-size", 1)

    assert f"signatures: 3 rows re-sealed to signature-{NEXT}." in said
    assert "2 rows did not open; left as they are." in said
    assert f"1 row left ({EPOCH}, no epoch)" in said or f"1 row left (no epoch, {EPOCH})" in said
    assert rows_by_epoch()["signatures"] == {NEXT: 3, EPOCH: 2, None: 1}
    assert Signature.objects.get(pk=swapped.pk).sig_box == good[0].sig_box


@pytest.mark.django_db
def test_rewrap_does_the_purpose_whose_keys_lie_here_and_names_the_other(keys):
    make_request(make_petition())
    activate_next(keys)
    shutil.rmtree(keys.directory / "mail")

    said = run("rewrap")

    assert rows_by_epoch()["sign requests (details)"] == {NEXT: 1}
    assert rows_by_epoch()["sign requests (mail)"] == {EPOCH: 1}
    assert "Skipped: mail rows. Their private keys are not here." in said


@pytest.mark.django_db
def test_rewrap_does_what_it_can_when_one_old_key_is_elsewhere(keys):
    petition = make_petition()
    make_signature(petition)
    activate_next(keys)
    make_signature(petition)
    (keys.directory / "signature" / f"{EPOCH}.json").unlink()

    said = run("rewrap")

    assert rows_by_epoch()["signatures"] == {EPOCH: 1, NEXT: 1}
    assert f"1 row left ({EPOCH})" in said


@pytest.mark.django_db
def test_rewrap_with_a_wrong_key_stops_and_changes_nothing(keys):
    make_signature(make_petition())
    box = Signature.objects.get().sig_box
    activate_next(keys)
    (keys.directory / "signature" / f"{EPOCH}.json").write_text(json.dumps({"seed": "00" * 32}))

    assert "does not open its canary" in refusal("rewrap")
    assert Signature.objects.get().sig_box == box


@pytest.mark.django_db(transaction=True)
def test_a_rewrap_that_is_killed_half_way_is_finished_by_the_next(keys, tmp_path):
    petition = make_petition()
    names = {make_signature(petition, name=f"Signer {n}").pk: f"Signer {n}" for n in range(500)}
    activate_next(keys)
    processes = Processes(tmp_path)
    try:
        rewrap = processes.start(
            "rewrap", "python", "manage.py", "vault", "rewrap", "--batch-size=2"
        )
        while NEXT not in rows_by_epoch()["signatures"]:
            assert rewrap.poll() is None, processes.log_text()
            time.sleep(0.01)
        processes.kill(rewrap)
    finally:
        processes.stop()
    half_way = rows_by_epoch()["signatures"]
    assert set(half_way) == {EPOCH, NEXT}
    assert names_of_signers() == names

    said = run("rewrap")

    assert f"signatures: {half_way[EPOCH]} rows re-sealed" in said
    assert rows_by_epoch()["signatures"] == {NEXT: 500}
    assert names_of_signers() == names


@pytest.mark.django_db(transaction=True)
def test_rewrap_passes_over_a_row_that_another_process_holds(keys):
    petition = make_petition()
    held, free = make_signature(petition), make_signature(petition)
    activate_next(keys)
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM petitions_signature WHERE id = %s FOR UPDATE", [held.pk])
        said = run("rewrap")
        cursor.execute("ROLLBACK")

    assert epoch_of(Signature.objects.get(pk=held.pk).sig_box) == EPOCH
    assert epoch_of(Signature.objects.get(pk=free.pk).sig_box) == NEXT
    assert f"1 row left ({EPOCH}): just in use" in said


def names_of_signers():
    return {each.pk: each.open_details().name for each in Signature.objects.all()}


# --- verify


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


# --- recover


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


# --- destroy


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
