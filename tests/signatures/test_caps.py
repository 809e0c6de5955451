"""Nobody can be flooded through the form (1 mail in 10 minutes, 3 a petition and 5 a day)."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from petitions.models import MailHour, MailSlot, TurnedAway
from petitions.models.clock import this_hour
from petitions.signatures.caps import book_mail

NOW = timezone.now()
ANN = b"a" * 32
BOB = b"b" * 32
SMALL = b"s" * 32


def minutes(slot):
    return slot and (slot - NOW) / timedelta(minutes=1)


def book(petition_id, *, key=ANN, domain=SMALL, an_hour=100, after=timedelta()):
    return minutes(
        book_mail(
            address_key=key,
            domain_key=domain,
            domain_an_hour=an_hour,
            petition_ids=[petition_id],
            now=NOW + after,
        )
    )


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
def test_mails_that_never_go_out_are_counted_by_their_reason():
    MailHour.objects.bulk_create(
        MailHour(domain_key=SMALL, hour=this_hour(NOW) + timedelta(hours=ahead), mails=100)
        for ahead in range(48)
    )

    assert [book(1, domain=b"o" * 32) for _ in range(5)] == [0, 10, 20, None, None]
    assert book(1, key=BOB) is None

    assert TurnedAway.objects.of_the_last_day(now=NOW) == {"address": 2, "domain": 1}


@pytest.mark.django_db
def test_the_next_day_is_a_new_one():
    assert [book(1) for _ in range(4)] == [0, 10, 20, None]

    assert book(1, after=timedelta(days=1, minutes=1)) == 24 * 60 + 1


@pytest.mark.django_db(transaction=True)
def test_a_hundred_at_once_book_five():
    def post(petition_id):
        try:
            book(petition_id)
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=[number]) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    slots = MailSlot.objects.order_by("at").values_list("at", flat=True)
    assert [minutes(slot) for slot in slots] == [0, 10, 20, 30, 40]


@pytest.mark.django_db
def test_a_domains_full_hour_sends_the_next_mails_into_the_following_ones():
    def hours_ahead(number):
        at = book_mail(
            address_key=bytes([number]) * 32,
            domain_key=SMALL,
            domain_an_hour=2,
            petition_ids=[1],
            now=NOW,
        )
        return (at - this_hour(NOW)) // timedelta(hours=1)

    assert [hours_ahead(number) for number in range(5)] == [0, 0, 1, 1, 2]
    assert book(1, domain=b"o" * 32, an_hour=2) == 0


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_take_no_more_places_than_the_domains_hour_has():
    def post(number):
        try:
            book(1, key=bytes([number]) * 32, an_hour=5)
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=[number]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(MailHour.objects.values_list("mails", flat=True)) == [5, 5, 5, 5]
    assert MailSlot.objects.count() == 20
