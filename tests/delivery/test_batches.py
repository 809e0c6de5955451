from datetime import timedelta

import pytest
from django.utils import timezone

from petitions.delivery.batches import (
    close_batch,
    close_batches,
    close_scheduled_batches,
    petitions_waiting,
)
from petitions.models import Batch, Delivery, Petition, Signature
from petitions.signatures.confirm import confirm
from petitions.signatures.withdraw import withdraw
from tests.makers import make_office, make_petition, make_signature, make_wish

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def test_a_batch_takes_what_waits_and_owes_each_responsible_office_a_letter(keys):
    petition, other = make_petition(1), make_petition(2)
    minister = make_office(petition, other)
    make_office(other, name="Not responsible")
    stopped = make_office(petition, name="Stopped")
    type(stopped).objects.filter(pk=stopped.pk).update(active=False)
    for _ in range(3):
        make_signature(petition)
    make_signature(other)

    batch = close_batch(petition, now=NOW)

    assert (batch.number, batch.size) == (1, 3)
    assert Signature.objects.filter(batch=batch).count() == 3
    delivery = Delivery.objects.get()
    assert (delivery.office, delivery.state) == (minister, Delivery.State.READY)
    assert delivery.message_id.endswith("@fiveasks.example>")


def test_a_signature_is_in_one_batch_only(keys):
    petition = make_petition()
    make_signature(petition)
    first = close_batch(petition, now=NOW)
    make_signature(petition)

    second = close_batch(petition, now=NOW)

    assert (second.number, first.size, second.size) == (2, 1, 1)


def test_where_nothing_waits_no_batch_is_closed(keys):
    petition = make_petition()
    make_signature(petition)
    close_batch(petition, now=NOW)

    assert close_batch(petition, now=NOW) is None
    assert Batch.objects.count() == 1


def test_beat_closes_a_batch_when_its_day_has_come(keys):
    young, old = make_petition(1, days_open=6), make_petition(2, days_open=8)
    make_signature(young)
    make_signature(old)

    (batch,) = close_scheduled_batches(now=NOW)

    assert batch.petition == old
    make_signature(old)
    assert close_scheduled_batches(now=NOW + timedelta(hours=20)) == []
    assert len(close_scheduled_batches(now=NOW + timedelta(days=7, seconds=1))) == 2


def test_a_closed_petition_still_delivers_and_a_draft_does_not(keys):
    closed = make_petition(1, state=Petition.State.CLOSED)
    draft = make_petition(2, state=Petition.State.DRAFT)
    make_signature(closed)
    make_signature(draft)

    assert petitions_waiting() == [closed]


def test_a_withdrawal_after_a_batch_makes_the_next_letter_due(ask):
    petition = make_petition()
    mailing = ask(make_wish(petition), now=NOW)
    confirm(mailing.confirm_token, petition_ids=[petition.pk], now=NOW)
    close_batch(petition, now=NOW)
    withdraw(mailing.withdraw_token, now=NOW)

    (batch,) = close_batches(petitions_waiting(), now=NOW)

    assert (batch.number, batch.size) == (2, 0)
    assert batch.withdrawals_told.count() == 1
    assert petitions_waiting() == []
