"""Nobody can be flooded through the form (1 mail in 10 minutes, 3 a petition and 5 a day)."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from petitions.models import MailSlot
from petitions.signatures.caps import book_mail

NOW = timezone.now()
ANN = b"a" * 32
BOB = b"b" * 32


def minutes(slot):
    return slot and (slot - NOW) / timedelta(minutes=1)


def book(petition_id, *, key=ANN, after=timedelta()):
    return minutes(book_mail(address_key=key, petition_ids=[petition_id], now=NOW + after))


@pytest.mark.django_db
def test_a_second_mail_waits_ten_minutes_and_another_address_does_not():
    assert book(1) == 0
    assert book(2) == 10
    assert book(1, key=BOB) == 0


@pytest.mark.django_db
def test_three_mails_a_day_for_one_petition():
    assert [book(1) for _ in range(5)] == [0, 10, 20, None, None]
    assert book(2) == 30


@pytest.mark.django_db
def test_five_mails_a_day_for_one_address():
    assert [book(petition) for petition in range(1, 8)] == [0, 10, 20, 30, 40, None, None]


@pytest.mark.django_db
def test_the_next_day_is_a_new_one():
    assert [book(1) for _ in range(4)] == [0, 10, 20, None]

    assert book(1, after=timedelta(days=1, minutes=1)) == 24 * 60 + 1


@pytest.mark.django_db(transaction=True)
def test_a_hundred_at_once_book_five():
    def post(petition_id):
        try:
            book_mail(address_key=ANN, petition_ids=[petition_id], now=NOW)
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=[number]) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    slots = MailSlot.objects.order_by("at").values_list("at", flat=True)
    assert [minutes(slot) for slot in slots] == [0, 10, 20, 30, 40]
