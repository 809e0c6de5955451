"""Who attacks the clock, the workers or the beat: nothing is lost, and nothing goes twice."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from petitions.delivery import claims
from petitions.delivery.batches import close_batch
from petitions.delivery.letters import LetterDesk
from petitions.delivery.queue import send_letters
from petitions.delivery.smtp import RelayConnection
from petitions.models import Delivery, ReceivingDomain
from tests.delivery.claiming import claim_one, go_on_with, wait_no_longer
from tests.makers import make_office, make_petition, make_signature

pytestmark = pytest.mark.django_db(transaction=True)
State = Delivery.State
LATER = "rcpt 451 4.7.1 Later"


@pytest.fixture
def due(keys):
    """A letter that is due."""
    owe(1)
    return Delivery.objects.get()


def owe(letters):
    petition = make_petition()
    for number in range(letters):
        make_office(petition, name=f"Minister {number}")
    make_signature(petition)
    close_batch(petition, now=timezone.now())


def test_a_clock_that_jumps_ahead_ends_a_lease_and_the_worker_sends_nothing(due, relay, clock):
    box = relay()
    held = claim_one()
    clock.jump(hours=1)
    claims.sweep()

    assert go_on_with(held) == 0
    assert len(box) == 0

    clock.jump(minutes=2)
    assert send_letters() == 1
    assert len(box) == 1


def test_a_clock_that_jumps_ahead_in_the_middle_of_a_letter_makes_no_second_one(due, relay, clock):
    box = relay()
    held = claim_one()
    _, still_held = claims.commit_to_sending([held])
    clock.jump(hours=1)
    assert send_letters() == 0
    assert Delivery.objects.get().state == State.UNCERTAIN

    with RelayConnection() as connection:
        connection.announce(sender="a@b.example", recipient="c@d.example")
        letter = LetterDesk().compose(held)
        words = connection.hand_over(letter, before_the_dot=still_held)
        claims.settle_sent([(held, words)])

    clock.jump(hours=1)
    assert send_letters() == 0
    assert Delivery.objects.get().state == State.SENT
    assert len(box) == 1


def test_a_clock_that_jumps_ahead_by_weeks_makes_no_letter_fail(due, relay, clock):
    box = relay(LATER, LATER)
    for _ in range(2):
        send_letters()
        clock.jump(weeks=2)
        assert Delivery.objects.get().state == State.READY

    assert send_letters() == 1
    assert len(box) == 1


def test_what_was_put_off_while_the_clock_was_wrong_goes_when_it_is_right(due, relay, clock):
    relay(LATER)
    clock.jump(days=10)
    assert send_letters() == 0
    clock.jump(days=-10)

    assert send_letters() == 1


def test_a_small_step_back_does_not_cut_pauses_short(due, relay, clock):
    relay(LATER)
    send_letters()
    clock.jump(minutes=-10)

    assert send_letters() == 0
    clock.jump(minutes=12)
    assert send_letters() == 1


def test_what_a_dead_worker_held_by_a_wrong_clock_comes_back_after_a_lease(due, relay, clock):
    box = relay()
    clock.jump(days=10)
    claim_one()
    clock.jump(days=-10)

    assert send_letters() == 0
    assert Delivery.objects.get().lease_until <= clock.now() + claims.lease()
    clock.jump(seconds=3)
    assert send_letters() == 0
    clock.jump(minutes=2)
    assert send_letters() == 1
    assert len(box) == 1


def test_a_letter_whose_answer_was_lost_under_a_wrong_clock_is_asked_after(due, relay, clock):
    box = relay("drop after")
    clock.jump(days=10)
    send_letters()
    clock.jump(days=-10)
    assert send_letters() == 0
    clock.jump(seconds=3)

    assert send_letters() == 0
    assert Delivery.objects.get().state == State.SENT
    assert len(box) == 1


def test_a_mail_domain_does_not_wait_for_a_clock_that_was_wrong(due, relay, clock, settings):
    relay()
    settings.LETTERS_PER_DOMAIN_A_MINUTE = 60
    ReceivingDomain.objects.create(
        name="office.example", next_at=timezone.now() + timedelta(days=10)
    )

    assert send_letters() == 0
    clock.jump(seconds=3)
    assert send_letters() == 1


def test_two_beats_at_once_and_two_more_send_each_letter_once(keys, mailbox):
    owe(50)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: send_and_close(), range(4))) == 50

    taken = Counter(mail["Message-ID"] for mail in mailbox.mails())
    assert taken == Counter(Delivery.objects.values_list("message_id", flat=True))


def send_and_close():
    try:
        return send_letters()
    finally:
        connection.close()


def test_a_worker_that_dies_with_many_letters_in_its_hands_costs_none(keys, mailbox):
    owe(40)
    assert len(claims.claim(32)) == 32

    assert send_letters() == 8
    for _ in range(2):
        wait_no_longer()
        sent = send_letters()

    assert sent == 32
    assert len(mailbox) == 40


def test_a_worker_whose_time_is_over_gives_back_what_it_did_not_begin(keys, mailbox, settings):
    owe(5)
    settings.RELAY_TIMEOUT = 0

    assert send_letters(seconds=3) == 0
    assert set(Delivery.objects.values_list("state", "tries", "lease_until")) == {
        (State.READY, 0, None)
    }
