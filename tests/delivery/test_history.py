"""For how long a letter is tried, what ends it, and what its history keeps."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from petitions.delivery import claims
from petitions.delivery.batches import close_batch
from petitions.delivery.queue import send_letters
from petitions.models import Delivery, DeliveryEvent, Pause, PetitionText
from tests.delivery.claiming import claim_one, commit, wait_no_longer
from tests.makers import make_office, make_petition, make_signature

pytestmark = pytest.mark.django_db(transaction=True)
State = Delivery.State
LATER = "451 4.7.1 Later"


@pytest.fixture
def due(keys):
    """A letter that is due."""
    return owe(1)


def owe(number, **of):
    petition = make_petition(number)
    make_office(petition, name=f"Minister {number}", **of)
    make_signature(petition)
    close_batch(petition, now=timezone.now())
    return Delivery.objects.get(batch__petition=petition)


def history(delivery):
    return list(delivery.events.values_list("state", "try_number", "words"))


def test_a_letter_that_is_taken_at_once_has_one_line(due, relay):
    relay()
    send_letters()

    due.refresh_from_db()
    assert history(due) == [(State.SENT, 1, due.reply)]


def test_all_that_befell_a_letter_stands_in_its_history_newest_last(due, relay):
    relay(f"rcpt {LATER}", "drop after")
    for _ in range(3):
        send_letters()
        wait_no_longer()

    refused, lost, found = history(due)
    assert refused == (State.READY, 1, LATER)
    assert lost[:2] == (State.UNCERTAIN, 2)
    assert found == (State.SENT, 2, "The relay was asked: it has this letter.")


def test_a_lost_worker_stands_in_the_history(due):
    claims.claim(1)
    wait_no_longer()
    claims.sweep()

    assert history(due) == [
        (State.READY, 1, "The worker was lost before it handed over this letter.")
    ]


def test_who_lost_the_letter_changes_neither_it_nor_its_history(due):
    sleeper = claim_one()
    Delivery.objects.update(fence=sleeper.fence + 1)
    before = Delivery.objects.values().get()

    claims.settle_sent([(sleeper, "250 OK")])
    claims.settle_failed(sleeper, "550 No")
    claims.settle_for_later(sleeper, LATER)

    assert Delivery.objects.values().get() == before
    assert history(due) == []


def test_what_is_refused_for_five_days_fails_with_the_last_words(due, relay):
    relay(*[f"rcpt 451 4.7.1 Later, said {number} times" for number in range(1, 100)])
    tries = 0
    while Delivery.objects.get().state == State.READY:
        send_letters()
        wait_no_longer()
        tries += 1

    due.refresh_from_db()
    assert due.state == State.FAILED
    assert timedelta(days=4.7) < due.put_off_for <= timedelta(days=5)
    assert 30 < tries < 50
    assert due.reply == f"451 4.7.1 Later, said {tries} times"
    assert [number for _, number, _ in history(due)] == list(range(1, tries + 1))
    assert history(due)[-1][0] == State.FAILED


def test_a_pause_of_weeks_lets_no_letter_expire(due, relay, clock):
    relay(f"rcpt {LATER}", f"rcpt {LATER}")
    send_letters()
    held = Pause.objects.create(reason="The minister resigned.", by=User.objects.create())
    clock.jump(weeks=5)
    assert send_letters() == 0
    held.delete()

    assert send_letters() == 0
    assert Delivery.objects.get().state == State.READY
    clock.jump(minutes=5)
    assert send_letters() == 1


def test_a_relay_that_is_away_is_one_line_and_after_five_days_the_end(due, relay, settings):
    relay()
    settings.EMAIL_PORT = 1
    for _ in range(3):
        send_letters()
        wait_no_longer()

    due.refresh_from_db()
    assert timedelta(minutes=2) < due.put_off_for < timedelta(minutes=4)
    assert history(due) == [(State.READY, 0, due.reply)]
    assert "refused" in due.reply

    Delivery.objects.update(put_off_for=timedelta(days=5))
    send_letters()
    due.refresh_from_db()
    assert (due.state, "refused" in due.reply) == (State.FAILED, True)


def test_where_nobody_can_be_asked_a_letter_is_not_sent_for_ever(due, relay, settings):
    box = relay(*["drop after"] * 3)
    settings.RELAY_URL = ""
    Delivery.objects.update(put_off_for=timedelta(days=5))
    for _ in range(4):
        send_letters()
        wait_no_longer()

    assert Delivery.objects.get().state == State.FAILED
    assert len(box) == 1


def test_a_letter_that_cannot_be_made_waits_and_the_others_go(due, relay, caplog):
    box = relay()
    fine = owe(2)
    PetitionText.objects.filter(petition=due.batch.petition).delete()

    assert send_letters() == 1
    assert send_letters() == 0, "it is not tried in a tight loop"

    fine.refresh_from_db()
    due.refresh_from_db()
    assert (fine.state, due.state, due.tries) == (State.SENT, State.READY, 1)
    assert due.due_at > timezone.now() + timedelta(seconds=40)
    assert due.reply.startswith("Our own fault, KeyError in petition.py, line ")
    assert due.put_off_for == timedelta(0), "what is our fault ends no letter"
    (alarm,) = [each for each in caplog.records if each.levelname == "CRITICAL"]
    assert alarm.getMessage() == f"delivery {due.pk}: {due.reply}"
    assert list(Delivery.objects.put_off()) == [due]
    assert len(box) == 1


def test_an_address_that_no_mail_can_have_keeps_no_other_letter_from_going(keys, relay, caplog):
    relay()
    owe(1, email="мінистр@office.example")
    owe(2)

    assert send_letters() == 1

    assert "мінистр" not in caplog.text
    assert Delivery.objects.get(state=State.READY).reply.startswith("Our own fault, BadHeader")


def test_a_letter_given_back_for_a_pause_has_no_line(due):
    delivery = claim_one()
    Pause.objects.create(reason="The minister resigned.", by=User.objects.create())

    assert not commit(delivery)

    due.refresh_from_db()
    assert (due.state, due.tries) == (State.READY, 0)
    assert not DeliveryEvent.objects.exists()
