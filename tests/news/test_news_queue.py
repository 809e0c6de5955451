"""Every way in which handing over a mail can fail, and what becomes of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from petitions.delivery.smtp import RelayConnection
from petitions.models import NewsDelivery, NewsItem, NewsSubscriber
from petitions.models.sealed import TooManyDamagedBoxes
from petitions.news import queue
from petitions.news.mails import NewsDesk
from petitions.news.send import send_mail, send_news
from petitions.vault import KeysUnavailable
from tests.makers import make_subscriber
from tests.news.conftest import wait_no_longer

pytestmark = pytest.mark.django_db(transaction=True)
State = NewsDelivery.State


@pytest.fixture
def due(tell):
    """A mail that is due."""
    make_subscriber()
    tell()
    return NewsDelivery.objects.get()


def counts():
    return NewsItem.objects.values_list("sent", "failed").get()


@pytest.mark.parametrize("answer_of_server", ["rcpt 451 4.7.1 Later", "data 452 4.3.1 Full"])
def test_a_refusal_for_now_is_tried_again_later(due, relay, answer_of_server):
    box = relay(answer_of_server)

    assert send_news() == 0

    due.refresh_from_db()
    assert due.state == State.READY
    assert timedelta(seconds=40) < due.due_at - timezone.now() < timedelta(seconds=80)
    assert send_news() == 0
    wait_no_longer()
    assert send_news() == 1
    assert len(box) == 1
    assert counts() == (1, 0)


@pytest.mark.parametrize("answer_of_server", ["rcpt 550 5.1.1 Nobody", "data 552 5.3.4 Too big"])
def test_a_refusal_for_good_ends_it(due, relay, answer_of_server):
    relay(answer_of_server)

    assert send_news() == 0

    assert not NewsDelivery.objects.exists()
    assert counts() == (0, 1)


def test_after_five_days_it_is_given_up(due, relay):
    relay("rcpt 451 4.7.1 Later", "rcpt 451 4.7.1 Later")
    NewsItem.objects.update(told_at=timezone.now() - timedelta(days=5) + timedelta(minutes=1))
    send_news()
    assert NewsDelivery.objects.count() == 1
    wait_no_longer()

    NewsItem.objects.update(told_at=timezone.now() - timedelta(days=5, minutes=1))
    send_news()

    assert not NewsDelivery.objects.exists()
    assert counts() == (0, 1)


def test_a_lost_answer_is_settled_by_asking_the_relay(due, relay):
    box = relay("drop after")
    assert send_news() == 0
    assert NewsDelivery.objects.get().state == State.UNCERTAIN

    wait_no_longer()
    send_news()

    assert len(box) == 1
    assert counts() == (1, 0)


def test_where_nobody_can_be_asked_it_goes_again_with_the_same_message_id(due, relay, settings):
    box = relay("drop after")
    settings.RELAY_URL = ""
    send_news()

    for _ in range(2):
        wait_no_longer()
        send_news()

    first, second = box.mails()
    assert first["Message-ID"] == second["Message-ID"]
    assert counts() == (1, 0)


def test_a_connection_lost_before_the_dot_loses_nothing(due, relay):
    box = relay("drop before")
    send_news()

    for _ in range(2):
        wait_no_longer()
        send_news()

    assert len(box) == 1
    assert counts() == (1, 0)


def test_a_relay_that_is_away_costs_one_mail_one_try(due, tell, relay, settings):
    make_subscriber("bob@mail.example")
    NewsItem.objects.all().delete()
    tell()
    relay()
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1

    assert send_news() == 0

    assert sorted(NewsDelivery.objects.values_list("tries", flat=True)) == [0, 1]
    settings.EMAIL_PORT = port
    wait_no_longer()
    assert send_news() == 2


def test_what_a_dead_worker_held_goes_back(due, relay):
    box = relay()
    queue.claim()
    assert send_news() == 0
    wait_no_longer()

    assert send_news() == 1
    assert len(box) == 1


def test_a_worker_that_slept_past_its_lease_sends_nothing(due, relay):
    box = relay()
    sleeper = queue.claim()
    wait_no_longer()
    assert send_news() == 1

    with RelayConnection() as connection:
        assert not send_mail(sleeper, NewsDesk(), connection)

    assert len(box) == 1
    assert counts() == (1, 0)


def test_two_workers_never_claim_the_same_mail(due):
    assert queue.claim() == due
    assert queue.claim() is None


def test_who_leaves_while_the_mail_is_in_hand_gets_none(due, relay):
    box = relay()
    held = queue.claim()
    NewsSubscriber.objects.all().delete()

    with RelayConnection() as connection:
        assert not send_mail(held, NewsDesk(), connection)

    assert len(box) == 0


def test_an_answer_hidden_while_the_mail_is_in_hand_holds_it_back(due, relay):
    box = relay()
    held = queue.claim()
    answer = due.item.answer
    answer.public = False
    answer.save()

    with RelayConnection() as connection:
        assert not send_mail(held, NewsDesk(), connection)

    assert len(box) == 0
    assert NewsDelivery.objects.get().state == State.READY


def test_without_its_key_the_mailer_halts_and_mails_stay_queued(due, relay, keys):
    relay()
    for private in (keys.directory / "mail").iterdir():
        private.unlink()

    with pytest.raises(KeysUnavailable):
        send_news()

    assert NewsDelivery.objects.get().state == State.READY


def test_one_damaged_box_is_given_up_and_many_stop_the_mailer(tell, relay):
    box = relay()
    damaged = make_subscriber("bob@mail.example")
    NewsSubscriber.objects.update(mail_box=bytes(damaged.mail_box)[:-1] + b"x")
    make_subscriber()
    tell()
    assert send_news() == 1
    assert counts() == (1, 1)

    NewsItem.objects.all().delete()
    for number in range(3):
        make_subscriber(f"{number}@mail.example")
    NewsSubscriber.objects.update(mail_box=b"damaged")
    tell()
    with pytest.raises(TooManyDamagedBoxes):
        send_news()

    assert NewsDelivery.objects.filter(state=State.READY).count() == 4
    assert len(box) == 1


def test_what_is_no_address_in_a_box_is_given_up_and_not_logged(tell, relay, caplog):
    relay()
    make_subscriber("nobody at all")
    tell()

    assert send_news() == 0

    assert counts() == (0, 1)
    assert "nobody at all" not in caplog.text
