"""What is kept of what came back: once, for a time, and not without end; and whom it may stop."""

from datetime import timedelta

import pytest
from django.utils import timezone

from petitions import tasks
from petitions.admin import needs
from petitions.delivery.queue import send_letters
from petitions.delivery.returns import file_mail
from petitions.models import Delivery, NotFiled, Office, Returned, returned
from petitions.models.returned import KEPT_FOR, UNMATCHED_KEPT_FOR
from tests.delivery.returned_samples import sample
from tests.makers import make_returned

pytestmark = pytest.mark.django_db
State = Delivery.State
HOUR = timedelta(hours=1)


def not_filed():
    """What the organizers' first page says of it."""
    return [(need.words, need.count) for need in needs.not_filed()]


# --- An address that was corrected


@pytest.mark.django_db(transaction=True)
def test_a_letter_remembers_where_it_went(sent, mailbox):
    Delivery.objects.update(state=State.READY, due_at=timezone.now(), sent_to="")

    assert send_letters() == 1

    Office.objects.update(email="new@office.example")
    sent.refresh_from_db()
    assert (sent.state, sent.sent_to) == (State.SENT, "minister@office.example")


def test_a_bounce_of_the_old_address_fails_its_letter_and_lets_the_new_one_be(sent):
    Office.objects.update(email="new@office.example")

    file_mail(sample("rfc3464_no_such_user", sent))

    sent.refresh_from_db()
    assert sent.state == State.FAILED
    office = Office.objects.get()
    assert (office.active, office.stopped_because) == (True, "")


@pytest.mark.parametrize("state", [State.READY, State.SENDING])
def test_a_letter_on_its_way_to_the_new_address_goes_on(sent, state):
    Office.objects.update(email="new@office.example")
    Delivery.objects.update(state=state)

    file_mail(sample("rfc3464_no_such_user", sent))

    sent.refresh_from_db()
    assert sent.state == state
    assert Office.objects.get().active


def test_a_bounce_of_the_new_address_stops_the_office(sent):
    Office.objects.update(email="New@Office.example")
    Delivery.objects.update(sent_to="new@office.example")

    file_mail(sample("rfc3464_no_such_user", sent))

    assert not Office.objects.get().active


def test_a_bounce_to_a_letter_from_before_addresses_were_noted_stops_the_office(sent):
    Delivery.objects.update(sent_to="")

    file_mail(sample("rfc3464_no_such_user", sent))

    assert not Office.objects.get().active


# --- Once


def test_a_mail_that_comes_by_another_way_is_known_by_what_it_says(sent):
    raw = sample("human_answer", sent)
    first = file_mail(raw)

    by_another_way = b"Return-Path: <minister@office.example>\nReceived: from a by b\n" + raw
    again = file_mail(by_another_way.replace(b"\n", b"\r\n"))

    assert again == first
    assert Returned.objects.count() == 1


def test_two_mails_with_the_same_words_are_two(sent):
    raw = sample("auto_rfc3834", sent)
    day = b"Date: Tue, 24 Nov 2026 10:00:00 +0000\n"

    file_mail(day + raw)
    file_mail(day.replace(b"24", b"25") + raw)

    assert Returned.objects.count() == 2


# --- Not without end


def test_what_is_too_much_of_one_letter_is_counted_and_shown(sent, monkeypatch):
    monkeypatch.setattr(returned, "MOST_OF_ONE_LETTER", 1)
    make_returned(None)
    for number in range(3):
        file_mail(sample("human_answer", sent).replace(b"Subject:", b"Subject: %d" % number))

    assert Returned.objects.filter(delivery=sent).count() == 1
    words = "Mails that were only counted: too many came, or they were none"
    assert not_filed() == [(words, 2)]
    file_mail(sample("rfc3464_no_such_user", sent))
    assert not Office.objects.get().active, "no flood of answers hides a bounce"


def test_what_is_old_is_erased_and_what_belongs_to_no_letter_sooner(sent):
    now = timezone.now()
    ages = [
        (sent, KEPT_FOR + HOUR),
        (sent, KEPT_FOR - HOUR),
        (None, UNMATCHED_KEPT_FOR + HOUR),
        (None, UNMATCHED_KEPT_FOR - HOUR),
    ]
    for delivery, age in ages:
        mail = make_returned(delivery)
        Returned.objects.filter(pk=mail.pk).update(received_hour=now - age)
    NotFiled.objects.add(now=now - KEPT_FOR - HOUR)
    NotFiled.objects.add(now=now)

    tasks.erase_returned_mails()

    left = Returned.objects.values_list("delivery", "received_hour")
    assert set(left) == {(sent.pk, now - KEPT_FOR + HOUR), (None, now - UNMATCHED_KEPT_FOR + HOUR)}
    assert NotFiled.objects.mails() == 1
