"""Figures for Prometheus: for who has the token, and nothing of anybody in them."""

import uuid
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from campaign.checks import keys as start_keys
from petitions.admin import metrics
from petitions.admin.metrics import MetricsDoor, coarse, metrics_text
from petitions.delivery.batches import close_batch
from petitions.models import Delivery, Heartbeat, Petition, Signature, SignRequest
from tests.admin.test_checks_screen import waits
from tests.makers import make_office, make_petition, make_signature
from tests.wsgi import ask

TOKEN = "twenty-characters-or-more"
RIGHT = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def door(db, keys, settings):
    settings.METRICS_TOKEN = TOKEN
    return MetricsDoor(WSGIHandler())


def figures():
    found = {}
    for family in text_string_to_metric_families(metrics_text().decode()):
        for sample in family.samples:
            found[sample.name, *sample.labels.values()] = sample.value
    return found


def test_who_has_the_token_reads_them_by_any_address_and_without_tls(door, settings):
    settings.SECURE_SSL_REDIRECT = True

    answer = ask(door, "/metrics", host="10.4.0.17:8000", **RIGHT)

    assert answer.status == HTTPStatus.OK
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "fiveasks_check_wrong{" in answer.text


@pytest.mark.parametrize(
    "said", ["", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN} ", "Bearer é"]
)
def test_who_has_not_sees_what_is_at_no_address(door, said):
    answer = ask(door, "/metrics", **({"authorization": said} if said else {}))

    assert answer.status == HTTPStatus.NOT_FOUND
    assert answer.body == ask(door, "/metricz").body.replace(b"metricz", b"metrics")


@pytest.mark.parametrize("said", ["Bearer ", ""])
def test_without_a_token_nobody_reads_them(door, settings, said):
    settings.METRICS_TOKEN = ""

    assert ask(door, "/metrics", authorization=said).status == HTTPStatus.NOT_FOUND


def test_a_token_that_can_be_guessed_keeps_the_process_from_starting(keys, settings):
    settings.METRICS_TOKEN = "short"

    with pytest.raises(SystemExit, match="METRICS_TOKEN must have 20 characters or more"):
        start_keys.refuse_to_start_with_wrong_keys()


def test_who_asks_again_at_once_gets_the_same_look(door, monkeypatch):
    looks = []
    monkeypatch.setattr(metrics, "metrics_text", lambda: looks.append(1) or b"figures")
    for _ in range(3):
        assert ask(door, "/metrics", **RIGHT).body == b"figures"

    assert len(looks) == 1


def test_they_say_what_is_in_the_database(db, keys):
    petition = make_petition()
    make_office(petition)
    make_signature(petition)
    close_batch(petition, now=timezone.now())
    now = timezone.now()
    Delivery.objects.update(state="uncertain", committed_at=now - timedelta(minutes=90))
    waits(mail_due_at=now - timedelta(minutes=80), mail_tries=2)
    Heartbeat.objects.beat("backup")

    found = figures()

    assert found["fiveasks_signatures", "ask-1"] == 1
    assert found["fiveasks_deliveries", "uncertain"] == 1
    assert found["fiveasks_deliveries", "sent"] == 0
    assert found["fiveasks_deliveries_oldest_seconds", "uncertain"] == 90 * 60
    assert found["fiveasks_waiting", "confirmation_mails"] == 10
    assert found["fiveasks_waiting_oldest_seconds", "confirmation_mails"] == 80 * 60
    assert found["fiveasks_confirmation_mails_retried",] == 10
    assert found["fiveasks_check_wrong", "confirmation_mails"] == 1
    assert found["fiveasks_check_wrong", "backup"] == 0
    assert abs(found["fiveasks_backup_last_timestamp_seconds",] - now.timestamp()) < 60
    due = datetime(2027, 1, 1, tzinfo=UTC).timestamp()
    assert found["fiveasks_key_due_timestamp_seconds", "signature"] == due


def test_one_more_who_waits_is_not_seen(db, keys):
    now = timezone.now()
    waits(mail_due_at=now)
    for_one = figures()
    request = SignRequest.objects.get()
    for number in range(8):
        request.pk, request.token_hash = uuid.uuid4(), bytes([number]) * 32
        request.withdraw_hash = bytes([number]) * 32
        request.save(force_insert=True)
    assert SignRequest.objects.count() == 9

    for_nine = figures()

    assert for_nine["fiveasks_waiting", "confirmation_mails"] == 10
    changed = {name for name in for_one if for_one[name] != for_nine[name]}
    assert changed <= {("fiveasks_look_seconds",), ("fiveasks_database_bytes",)}


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, 10), (10, 10), (11, 20), (99, 100)])
def test_what_is_small_is_rounded_up_to_tens(count, shown):
    assert coarse(count) == shown


def test_no_label_is_a_country_a_person_or_an_office(db, keys):
    petition = make_petition()
    make_office(petition, name="Minister of Canaries", email="canary@office.example", country="LT")
    make_signature(petition, country="LT")
    close_batch(petition, now=timezone.now())

    text = metrics_text().decode()

    assert 'petition="ask-1"' in text
    for canary in ("LT", "Canaries", "@", str(Signature.objects.get().pk)):
        assert canary not in text


def test_a_draft_is_not_told_of(db, keys):
    make_petition(1)
    Petition.objects.update(state=Petition.State.DRAFT)

    assert ("fiveasks_signatures", "ask-1") not in figures()
