"""When hardly anybody answers our mails, they are held, and the pages say that a flood lasts."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from petitions.models import SignRequest
from petitions.models.clock import this_hour
from petitions.signatures import flood
from petitions.signatures.confirmation_mail import HELD, send_confirmation_mails
from petitions.signatures.request import request_signature
from tests.makers import make_petition, make_signature, make_wish

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def small_numbers(monkeypatch):
    monkeypatch.setattr(flood, "UNANSWERED_AT_LEAST", 40)


def make_unanswered(count, *, hours_ago=0, mailed=True):
    hour = this_hour(NOW) - timedelta(hours=hours_ago)
    SignRequest.objects.bulk_create(
        SignRequest(
            token_hash=os.urandom(32),
            withdraw_hash=os.urandom(32),
            created_hour=hour,
            language="en",
            country="LT",
            visibility="officials",
            petition_ids=[1],
            mail_due_at=None if mailed else hour + timedelta(days=1),
        )
        for _ in range(count)
    )


def test_twenty_mails_for_one_signature_are_too_many(keys):
    petition = make_petition()
    make_unanswered(40)
    assert flood.mails_go_unanswered(now=NOW)

    make_signature(petition)
    make_signature(petition)
    assert not flood.mails_go_unanswered(now=NOW)

    make_unanswered(1)
    assert flood.mails_go_unanswered(now=NOW)


def test_a_few_say_nothing_nor_do_those_of_yesterday_or_those_that_wait_for_their_mail():
    make_unanswered(39)
    make_unanswered(40, hours_ago=2)
    make_unanswered(40, mailed=False)

    assert not flood.mails_go_unanswered(now=NOW)


def test_the_mailer_keeps_a_slow_pace_and_tells_the_pages(keys, mailbox, limits):
    petition = make_petition()
    for number in range(2 * HELD):
        request_signature(make_wish(petition, address=f"a{number}@mail.example"), now=NOW)
    make_unanswered(60)
    assert not flood.lasts()
    flood.look_anew()

    assert send_confirmation_mails() == HELD
    assert flood.lasts()
    assert limits.ttl(flood.FLOOD) > 590

    for _ in range(3):
        make_signature(petition)
    flood.look_anew()
    assert send_confirmation_mails() == HELD
    assert len(mailbox) == 2 * HELD


def test_without_valkey_the_mailer_holds_mails_all_the_same(keys, mailbox):
    petition = make_petition()
    for number in range(2 * HELD):
        request_signature(make_wish(petition, address=f"a{number}@mail.example"), now=NOW)
    make_unanswered(60)

    assert send_confirmation_mails() == HELD
    assert not flood.lasts()
