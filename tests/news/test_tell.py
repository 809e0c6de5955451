"""Telling is one statement however many hear of it, and waits for who is just leaving."""

import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from petitions.models import NewsDelivery, NewsItem, NewsSubscriber, Signature
from petitions.signatures.confirm import confirm
from petitions.signatures.withdraw import end_news
from tests.makers import make_subscriber, make_wish

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_costs_the_same_queries_for_one_and_for_many(tell):
    def queries():
        NewsItem.objects.all().delete()
        with CaptureQueriesContext(connection) as counted:
            tell()
        return len(counted)

    make_subscriber()
    tell()
    one = queries()
    for number in range(30):
        make_subscriber(f"{number}@mail.example")

    assert queries() == one
    assert NewsDelivery.objects.count() == 31


def test_who_leaves_while_it_is_told_leaves_with_the_mail_that_was_just_made(answer, tell, ask):
    token = subscribe(answer, ask)
    leaver = threading.Thread(target=leave, args=[token])
    with transaction.atomic():
        tell()
        leaver.start()
        leaver.join(timeout=0.5)
        assert leaver.is_alive(), "it waits until the mails are there"
    leaver.join(timeout=10)

    assert not NewsSubscriber.objects.exists()
    assert not NewsDelivery.objects.exists()
    assert Signature.objects.count() == 2


def test_who_is_leaving_while_it_is_told_gets_no_mail(answer, tell, ask):
    token = subscribe(answer, ask)
    make_subscriber("bob@mail.example")
    items = []
    teller = threading.Thread(target=lambda: items.append(closing(tell)))
    with transaction.atomic():
        end_news(token)
        teller.start()
        teller.join(timeout=0.5)
        assert teller.is_alive(), "it waits until the leaver is gone"
    teller.join(timeout=10)

    assert [item.recipients for item in items] == [1]
    assert NewsDelivery.objects.count() == 1


def subscribe(answer, ask):
    petition = answer.delivery.batch.petition
    mailing = ask(make_wish(petition, news=True), now=timezone.now())
    confirm(mailing.confirm_token, petition_ids=[petition.pk], now=timezone.now())
    return mailing.withdraw_token


def leave(token):
    closing(lambda: end_news(token))


def closing(do):
    try:
        return do()
    finally:
        connection.close()
