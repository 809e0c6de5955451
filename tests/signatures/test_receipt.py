"""What a signer's own page knows."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import Answer, Delivery, Petition
from petitions.signatures.receipt import receipt
from tests.makers import make_office, make_petition, make_signature, make_wish

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def answer(delivery, *, public=True):
    return Answer.objects.create(delivery=delivery, answered_on=NOW, body="Thanks.", public=public)


def test_a_request_is_shown_until_it_is_confirmed_or_over(ask):
    petition = make_petition()
    token = ask(make_wish(petition), now=NOW).withdraw_token

    shown = receipt(token, now=NOW)

    assert shown.request.petitions == [petition]
    assert timedelta(hours=71) < shown.request.expires_at - NOW <= timedelta(hours=72)
    assert shown.asks == []
    assert not receipt(token, now=NOW + timedelta(hours=73))


def test_an_ask_is_followed_from_its_confirmation_to_an_answer(sign):
    petition = make_petition()
    for number in range(3):
        make_office(petition, name=f"Office {number}")
    token, _ = sign(petition)
    make_signature(petition)

    (asked,) = receipt(token, now=NOW).asks
    assert (asked.signature.batch, asked.delivered, asked.answered) == (None, 0, 0)

    batch = close_batch(petition, now=NOW)
    first, second, _ = deliveries = Delivery.objects.order_by("pk")
    Delivery.objects.filter(pk__in=[first.pk, second.pk]).update(
        state=Delivery.State.SENT, sent_at=NOW
    )
    answer(first)
    answer(first)
    answer(second, public=False)

    (asked,) = receipt(token, now=NOW).asks
    assert asked.signature.batch == batch
    assert (len(asked.parcels), asked.delivered, asked.answered) == (len(deliveries), 2, 1)


def test_an_answer_to_another_letter_is_not_counted(sign):
    petition = make_petition()
    make_office(petition)
    make_signature(petition)
    close_batch(petition, now=NOW)
    answer(Delivery.objects.get())
    token, _ = sign(petition)
    close_batch(petition, now=NOW)

    (asked,) = receipt(token, now=NOW).asks

    assert asked.answered == 0


def test_each_link_shows_only_what_is_its_own(sign):
    one, two = make_petition(1), make_petition(2)
    mine, _ = sign(one, address="ann@mail.example", news=True)
    theirs, _ = sign(two, address="bob@mail.example")

    assert [each.petition for each in receipt(mine, now=NOW).asks] == [one]
    assert receipt(mine, now=NOW).news
    assert [each.petition for each in receipt(theirs, now=NOW).asks] == [two]
    assert not receipt(theirs, now=NOW).news
    assert not receipt("x" * 43, now=NOW)


def test_a_page_of_three_asks_asks_the_database_as_often_as_one_of_one(sign):
    petitions = [make_petition(number) for number in (1, 2, 3)]
    make_office(*petitions)
    one, _ = sign(petitions[0], address="ann@mail.example")
    three, _ = sign(*petitions, address="bob@mail.example")
    for petition in Petition.objects.all():
        close_batch(petition, now=NOW)

    counts = []
    for token in (one, three):
        with CaptureQueriesContext(connection) as queries:
            assert [len(each.parcels) for each in receipt(token, now=NOW).asks]
        counts.append(len(queries))

    assert counts[0] == counts[1]
