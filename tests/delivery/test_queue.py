"""Every way in which handing over a letter can fail, and what becomes of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from petitions.delivery import book, claims
from petitions.delivery.batches import close_batch
from petitions.delivery.queue import send_letters
from petitions.delivery.smtp import RelayConnection
from petitions.models import Delivery
from tests.delivery.claiming import claim_one, go_on_with, wait_no_longer
from tests.makers import make_office, make_signature

pytestmark = pytest.mark.django_db(transaction=True)
State = Delivery.State


def test_a_letter_is_sent_once(due, relay):
    box = relay()

    assert send_letters() == 1
    assert send_letters() == 0

    due.refresh_from_db()
    assert (due.state, due.tries) == (State.SENT, 1)
    assert due.reply.startswith("250 ")
    assert due.sent_at is not None
    (mail,) = box.mails()
    assert mail["Message-ID"] == due.message_id


@pytest.mark.parametrize("answer", ["rcpt 451 4.7.1 Later", "data 452 4.3.1 Disk full"])
def test_a_refusal_for_now_is_tried_again_later(due, relay, answer):
    box = relay(answer)

    assert send_letters() == 0

    due.refresh_from_db()
    assert due.state == State.READY
    assert due.reply == answer.split(" ", 1)[1]
    assert timedelta(seconds=40) < due.due_at - timezone.now() < timedelta(seconds=80)
    assert send_letters() == 0
    wait_no_longer()
    assert send_letters() == 1
    assert len(box) == 1


@pytest.mark.parametrize("answer", ["rcpt 550 5.1.1 No such office", "data 552 5.3.4 Too big"])
def test_a_refusal_for_good_ends_it_with_the_servers_words(due, relay, answer):
    relay(answer)

    send_letters()

    due.refresh_from_db()
    assert (due.state, due.reply) == (State.FAILED, answer.split(" ", 1)[1])
    wait_no_longer()
    assert send_letters() == 0


def test_a_lost_answer_is_settled_by_asking_the_relay(due, relay):
    box = relay("drop after")
    assert send_letters() == 0
    due.refresh_from_db()
    assert due.state == State.UNCERTAIN

    send_letters()
    due.refresh_from_db()
    assert due.state == State.UNCERTAIN, "the relay is not asked before its own time is over"
    wait_no_longer()
    send_letters()

    due.refresh_from_db()
    assert due.state == State.SENT
    assert len(box) == 1


def test_a_relay_that_hangs_after_the_dot_is_asked_too(due, relay):
    box = relay("hang after")

    assert send_letters() == 0
    wait_no_longer()
    send_letters()

    due.refresh_from_db()
    assert due.state == State.SENT
    assert len(box) == 1


def test_a_connection_lost_before_the_dot_loses_nothing(due, relay):
    box = relay("drop before")
    assert send_letters() == 0

    for _ in range(2):
        wait_no_longer()
        send_letters()

    due.refresh_from_db()
    assert due.state == State.SENT
    assert len(box) == 1


def test_where_nobody_can_be_asked_it_goes_again_with_the_same_message_id(due, relay, settings):
    box = relay("drop after")
    settings.RELAY_URL = ""
    send_letters()

    for _ in range(2):
        wait_no_longer()
        send_letters()

    assert [mail["Message-ID"] for mail in box.mails()] == [due.message_id] * 2


def test_a_relay_that_is_away_costs_no_letter_a_try(due, relay, settings):
    petition = due.batch.petition
    make_office(petition, name="Second")
    make_signature(petition)
    close_batch(petition, now=timezone.now())
    relay()
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1

    assert send_letters() == 0

    assert set(Delivery.objects.values_list("state", "tries", "lease_until")) == {
        (State.READY, 0, None)
    }
    settings.EMAIL_PORT = port
    wait_no_longer()
    assert send_letters() == 3


def test_without_its_key_a_letter_waits(due, relay, keys):
    relay()
    for private in (keys.directory / "signature").iterdir():
        private.unlink()

    assert send_letters() == 0

    due.refresh_from_db()
    assert due.state == State.READY
    assert "signature key" in due.reply


def test_pauses_grow_from_a_minute_to_four_hours():
    pauses = [claims.pause_after(tries) for tries in range(1, 40)]

    assert timedelta(seconds=48) <= pauses[0] <= timedelta(seconds=72)
    assert timedelta(minutes=3) <= pauses[2] <= timedelta(minutes=5)
    assert timedelta(hours=3) <= pauses[-1] <= timedelta(hours=5)


def test_what_a_dead_worker_held_goes_back(due, relay):
    box = relay()
    claim_one()
    assert send_letters() == 0
    wait_no_longer()
    assert send_letters() == 0, "it may be this letter that killed the worker: it gets a pause"
    wait_no_longer()

    assert send_letters() == 1
    assert len(box) == 1


def test_a_worker_that_slept_past_its_lease_sends_nothing(due, relay):
    box = relay()
    sleeper = claim_one()
    for _ in range(2):
        wait_no_longer()
        sent = send_letters()
    assert sent == 1

    assert go_on_with(sleeper) == 0

    due.refresh_from_db()
    assert (due.state, due.tries) == (State.SENT, 2)
    assert len(box) == 1


def test_a_worker_that_slept_between_commit_and_dot_sends_nothing(due, relay, monkeypatch):
    box = relay()
    delivery = claim_one()
    _, still_held = claims.commit_to_sending([delivery])
    still_held()
    awake = claims.time.monotonic
    monkeypatch.setattr(claims.time, "monotonic", lambda: awake() + 3)

    with RelayConnection() as connection:
        connection.announce(sender="a@b.example", recipient="c@d.example")
        with pytest.raises(claims.LeaseLost):
            connection.hand_over(b"Subject: x\r\n\r\nx\r\n", before_the_dot=still_held)

    assert len(box) == 0


def test_lines_that_begin_with_a_dot_arrive_as_written(relay):
    box = relay()
    letter = b"Subject: dots\r\n\r\n.one\r\n..two\r\n.\r\nend\r\n"

    with RelayConnection() as connection:
        connection.announce(sender="a@b.example", recipient="c@d.example")
        connection.hand_over(letter, before_the_dot=lambda: None)

    assert box.raw()[0].endswith(letter)


def test_two_workers_never_claim_the_same_delivery(due):
    assert claim_one() == due
    assert claim_one() is None


def test_a_book_that_cannot_be_made_is_tried_again_later(due, tmp_path, monkeypatch):
    broken = tmp_path / "book.typ"
    broken.write_text("#nothing-of-that-name")
    monkeypatch.setattr(book, "DESIGN", broken)

    assert send_letters() == 0
    due.refresh_from_db()
    assert due.state == State.READY
    assert "typesetter" in due.reply
