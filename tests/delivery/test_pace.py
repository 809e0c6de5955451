"""How fast letters follow each other to one mail domain."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from petitions.delivery import claims
from petitions.delivery.batches import close_batch
from petitions.delivery.queue import send_letters
from petitions.models import Delivery, Office, ReceivingDomain
from tests.makers import make_office, make_petition, make_signature

pytestmark = pytest.mark.django_db(transaction=True)
State = Delivery.State


def owe(*addresses):
    petition = make_petition()
    for number, address in enumerate(addresses):
        make_office(petition, name=f"Minister {number}", email=address)
    make_signature(petition)
    close_batch(petition, now=timezone.now())


def test_a_mail_domain_is_that_of_the_offices_address_in_small_letters():
    petition = make_petition()
    for number, address in enumerate(["a@State.EXAMPLE", '"a@b"@c.example']):
        make_office(petition, name=f"Minister {number}", email=address)

    assert set(Office.objects.values_list("domain", flat=True)) == {"state.example", "c.example"}


def test_letters_of_a_crowded_domain_wait_and_those_of_another_do_not(keys, mailbox, settings):
    settings.LETTERS_PER_DOMAIN_A_MINUTE = 12
    owe(*[f"m{n}@crowd.example" for n in range(5)], "one@Crowd.Example", "x@other.example")

    assert send_letters() == 3

    assert sorted(mail["To"] for mail in mailbox.mails()) == [
        "m0@crowd.example",
        "m1@crowd.example",
        "x@other.example",
    ]
    waiting = Delivery.objects.filter(state=State.READY).order_by("due_at")
    assert {(each.tries, each.lease_until) for each in waiting} == {(0, None)}
    moments = [each.due_at for each in waiting]
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]
    assert gaps == pytest.approx([60 / 11] * 3, abs=0.001)
    assert moments[0] > timezone.now()
    assert send_letters() == 0


def test_in_no_minute_go_more_than_the_limit_and_hardly_fewer(keys, mailbox, settings, clock):
    settings.LETTERS_PER_DOMAIN_A_MINUTE = 30
    owe(*[f"m{n}@crowd.example" for n in range(100)])
    clock.stand_still()

    sent = []
    for _ in range(36):
        sent.append(send_letters())
        clock.jump(seconds=5)

    minutes = [sum(sent[start : start + 12]) for start in range(25)]
    assert max(minutes) <= 30
    assert min(minutes) >= 22
    assert len(mailbox) == sum(sent)


def test_workers_that_were_away_for_an_hour_do_not_make_up_for_it(keys, mailbox, settings, clock):
    settings.LETTERS_PER_DOMAIN_A_MINUTE = 12
    owe(*[f"m{n}@crowd.example" for n in range(20)])
    send_letters()
    clock.jump(hours=1)

    assert send_letters() == 2


def test_all_workers_together_keep_the_pace(keys, settings):
    settings.LETTERS_PER_DOMAIN_A_MINUTE = 6
    owe(*[f"m{n}@crowd.example" for n in range(30)])

    with ThreadPoolExecutor(4) as pool:
        claimed = list(pool.map(lambda _: claim_and_close(), range(4)))

    assert sorted(claimed) == [0, 0, 0, 1]


def claim_and_close():
    try:
        return len(claims.claim(5))
    finally:
        connection.close()


def test_by_hand_letters_keep_the_pace_too(keys, mailbox, settings):
    settings.LETTERS_PER_DOMAIN_A_MINUTE = 1
    owe("a@crowd.example", "b@crowd.example")
    Delivery.objects.update(due_at=timezone.now() + timedelta(hours=9), waits_for_hours=True)

    assert send_letters(at_any_hour=True) == 1
    assert send_letters(at_any_hour=True) == 0


def test_without_a_limit_all_go_at_once(keys, mailbox, settings):
    settings.LETTERS_PER_DOMAIN_A_MINUTE = 0
    owe(*[f"m{n}@crowd.example" for n in range(5)])

    assert send_letters() == 5
    assert not ReceivingDomain.objects.exists()


def test_a_domain_that_had_no_letter_for_long_has_saved_no_more_than_a_few(keys, mailbox, settings):
    settings.LETTERS_PER_DOMAIN_A_MINUTE = 12
    owe(*[f"m{n}@crowd.example" for n in range(5)])
    send_letters()
    ReceivingDomain.objects.update(next_at=F("next_at") - timedelta(days=9))
    Delivery.objects.filter(state=State.READY).update(due_at=timezone.now())

    assert send_letters() == 2
