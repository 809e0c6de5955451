"""`manage.py vault rewrap`: rows are sealed anew, with their content, through kills and bad boxes."""

import json
import shutil
import time
import uuid
from contextlib import closing

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.delivery.letters import LetterDesk
from petitions.delivery.office_pages import propose_address
from petitions.models import (
    Export,
    Import,
    OfficeAction,
    OfficePage,
    Signature,
    SignRequest,
    Visibility,
)
from petitions.models.news import news_subscriber_id
from petitions.models.sealed import (
    Details,
    Mailing,
    OfficeWords,
    open_news_address,
    open_trial_address,
    seal_export_key,
)
from petitions.models.signature import signature_id
from petitions.news.trials import ask_for_trial
from petitions.resealing.shelves import SHELVES
from petitions.vault import Purpose, epoch_of
from tests.conftest import EPOCH
from tests.makers import (
    make_news,
    make_office,
    make_petition,
    make_returned,
    make_signature,
    make_subscriber,
)
from tests.processes import Processes
from tests.vault.vault_command import (
    NEXT,
    activate_next,
    make_request,
    refusal,
    rows_by_epoch,
    run,
)


def make_import():
    otto, _ = User.objects.get_or_create(username="otto")
    sheet = Import(kind=Import.Kind.OFFICES, by=otto, at=timezone.now())
    sheet.seal({"lines": [{"number": 2}]})
    sheet.save()
    return sheet


def make_trial(address):
    return ask_for_trial(
        make_news({}),
        address=address,
        language="",
        by=User.objects.create_user("olga"),
        now=timezone.now(),
    )


@pytest.mark.django_db
def test_rewrap_seals_every_row_anew_and_changes_no_content(keys, settings):
    one, two = make_petition(1), make_petition(2)
    request = make_request(one, two, name="Zoë", comment="Please.")
    signature = make_signature(one, name="Bob O'Neill", postcode="LT-01100")
    subscriber = make_subscriber("bob@mail.example")
    make_signature(one, visibility=Visibility.WITHHELD)
    returned = make_returned(subject="Re: Ask", text="We act.")
    page = make_office_page(one, settings)
    export = make_export()
    export_key = export.open_key()
    token, file_key = page.open_token(), page.files.open_key()
    sheet = make_import()
    mailing_before = Mailing.open(request.mail_box, request_id=request.id)
    trial = make_trial("olga@mail.example")
    activate_next(keys)

    run("rewrap")

    nothing_tapped: dict[str, dict] = {"details on their way": {}}
    assert rows_by_epoch() == {shelf.name: {NEXT: 1} for shelf in SHELVES} | nothing_tapped
    sheet.refresh_from_db()
    assert sheet.open() == {"lines": [{"number": 2}]}
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
    returned.refresh_from_db()
    assert (returned.open_mail().subject, returned.open_mail().text) == ("Re: Ask", "We act.")
    page = OfficePage.objects.get()
    assert (page.open_token(), page.files.open_key()) == (token, file_key)
    assert OfficeAction.objects.get().open_words() == MOVED
    assert Export.objects.get().open_key() == export_key
    trial.refresh_from_db()
    assert open_trial_address(trial.box, trial_id=trial.id) == "olga@mail.example"
    subscriber.refresh_from_db()
    address = open_news_address(subscriber.mail_box, subscriber_id=subscriber.id)
    assert address == "bob@mail.example"


MOVED = OfficeWords(email="new@office.example", note="We moved.")


def make_export():
    """One whose file is there."""
    reference = uuid.uuid4()
    return Export.objects.create(
        id=reference,
        number=1,
        by=User.objects.get_or_create(username="otto")[0],
        ordered_at=timezone.now(),
        use="deliver",
        format="csv",
        columns=[],
        selection={},
        state=Export.State.READY,
        rows_total=0,
        key_box=seal_export_key(bytes(range(32)), export_id=reference),
    )


def make_office_page(petition, settings):
    """With files on it, and an address that waits for an organizer."""
    settings.LETTER_FILES_BYTES = 0
    make_office(petition)
    batch = close_batch(petition, now=timezone.now())
    LetterDesk().compose(batch.deliveries.get())
    page = OfficePage.objects.get()
    propose_address(page.open_token(), MOVED, other=False, now=timezone.now())
    return page


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
