"""The same person from everywhere at once: one signature, tally 1."""

import threading
from itertools import cycle, islice

import pytest
from django.db import connection
from django.utils import timezone

from petitions.models import Signature, SignRequest, Tally
from petitions.models.sealed import Mailing
from petitions.signatures.confirm import LinkNotValid, confirm
from petitions.signatures.confirmation_mail import _write_indexes
from petitions.signatures.request import request_signature
from petitions.signatures.withdraw import withdraw
from tests.makers import make_petition, make_wish

pytestmark = pytest.mark.django_db(transaction=True)
SPELLINGS = ["ann@mail.example", "Ann@mail.example", "ANN@MAIL.EXAMPLE", "ann+x@mail.example"]


def all_at_once(jobs):
    """Run the jobs in threads that start together; the kinds of error that they raised."""
    start = threading.Barrier(len(jobs))
    raised = []

    def run(job):
        try:
            start.wait()
            job()
        except Exception as error:  # noqa: BLE001 - the tests look at every kind
            raised.append(type(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def mailings():
    """What the mails would hold, for all requests that wait; the caps would let five out."""
    for request in SignRequest.objects.all():
        mailing = Mailing.open(request.mail_box, request_id=request.id)
        _write_indexes(request, mailing.address)
        yield mailing


def test_a_hundred_threads_sign_and_confirm_the_same_person(keys, show):
    petitions = [make_petition(number) for number in (1, 2)]
    ids = [petition.pk for petition in petitions]
    wishes = [make_wish(*petitions, address=each) for each in islice(cycle(SPELLINGS), 100)]
    # Half name the petitions the other way round: two must never wait for each other.
    wishes[1::2] = [make_wish(*petitions[::-1], address=each.address) for each in wishes[1::2]]

    assert (
        all_at_once(
            [lambda wish=wish: request_signature(wish, now=timezone.now()) for wish in wishes]
        )
        == []
    )
    raised = all_at_once(
        [
            lambda token=mailing.confirm_token: confirm(token, petition_ids=ids, now=timezone.now())
            for mailing in mailings()
        ]
    )

    signatures, tally = Signature.objects.count(), Tally.objects.by_petition()
    show(f"100 threads sign two asks as one person: {signatures} signatures, tally {tally}")
    assert raised == []
    assert signatures == 2
    assert Tally.objects.by_petition() == dict.fromkeys(ids, 1)


def test_a_hundred_threads_confirm_the_same_link(keys):
    petition = make_petition()
    request_signature(make_wish(petition), now=timezone.now())
    (mailing,) = mailings()

    raised = all_at_once(
        [lambda: confirm(mailing.confirm_token, petition_ids=[petition.pk], now=timezone.now())]
        * 100
    )

    assert raised == [LinkNotValid] * 99
    assert Signature.objects.count() == 1
    assert Tally.objects.by_petition() == {petition.pk: 1}


def test_confirming_and_withdrawing_at_once_leaves_the_tally_right(keys):
    petitions = [make_petition(number) for number in (1, 2, 3)]
    ids = [petition.pk for petition in petitions]
    for number in range(25):
        request_signature(
            make_wish(*petitions, address=f"ann{number}@mail.example"), now=timezone.now()
        )
    jobs = []
    for mailing in mailings():
        jobs += [
            lambda token=mailing.confirm_token: confirm(
                token, petition_ids=ids, now=timezone.now()
            ),
            lambda token=mailing.withdraw_token: withdraw(token, now=timezone.now()),
        ] * 2

    raised = all_at_once(jobs)

    assert set(raised) <= {LinkNotValid}
    counted = {
        petition.pk: count
        for petition in petitions
        if (count := Signature.objects.filter(petition=petition).count())
    }
    assert {pk: count for pk, count in Tally.objects.by_petition().items() if count} == counted
