"""The same person from everywhere at once: one signature, tally 1."""

from itertools import cycle, islice

import pytest
from django.utils import timezone

from petitions.models import CarriedDetails, Signature, SignRequest, Tally
from petitions.models.sealed import Mailing
from petitions.signatures.carry import carry_details
from petitions.signatures.confirm import LinkNotValid, confirm
from petitions.signatures.confirmation_mail import _write_indexes
from petitions.signatures.offers import OfferNotValid, sign_offer
from petitions.signatures.request import request_signature
from petitions.signatures.withdraw import withdraw
from tests.at_once import at_once
from tests.makers import make_petition, make_wish

pytestmark = pytest.mark.django_db(transaction=True)
SPELLINGS = ["ann@mail.example", "Ann@mail.example", "ANN@MAIL.EXAMPLE", "ann+x@mail.example"]


def kinds(raised):
    return [type(each) for each in raised]


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

    asked = [lambda wish=wish: request_signature(wish, now=timezone.now()) for wish in wishes]
    assert at_once(*asked) == []
    raised = at_once(
        *(
            lambda token=mailing.confirm_token: confirm(token, petition_ids=ids, now=timezone.now())
            for mailing in mailings()
        )
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

    def follow():
        confirm(mailing.confirm_token, petition_ids=[petition.pk], now=timezone.now())

    assert kinds(at_once(*[follow] * 100)) == [LinkNotValid] * 99
    assert Signature.objects.count() == 1
    assert Tally.objects.by_petition() == {petition.pk: 1}


def test_one_person_taps_confirms_and_leaves_from_everywhere_and_counts_stay_exact(keys, show):
    """Two mails of one person, each confirmed for another ask, whose offers cross."""
    petitions = [make_petition(number) for number in (1, 2, 3)]
    for number in range(20):
        for petition in petitions[:2]:
            request_signature(
                make_wish(petition, address=f"ann{number}@mail.example"), now=timezone.now()
            )
    ids = [petition.pk for petition in petitions]
    jobs, links = [], []
    for mailing in list(mailings()):
        confirmed = confirm(mailing.confirm_token, petition_ids=ids, now=timezone.now())
        assert len(confirmed.offers) == 2
        links.append(mailing.withdraw_token)
        for offered in confirmed.offers.values():
            jobs += [lambda token=offered: sign_offer(token, now=timezone.now())] * 2
    # A quarter of the mails' links are used to leave, while all buttons are pressed twice.
    leave = [lambda token=token: withdraw(token, now=timezone.now()) for token in links[::4]]

    raised = at_once(*jobs, *leave, *[carry_details] * 4)

    show(f"{len(jobs)} taps of 20 people, {len(leave)} leave: {Signature.objects.count()} signed")
    assert set(kinds(raised)) <= {OfferNotValid}
    assert len(raised) >= len(jobs) // 2
    carry_details()
    counted = {
        petition.pk: Signature.objects.filter(petition=petition).count() for petition in petitions
    }
    assert Tally.objects.by_petition() == counted
    assert max(counted.values()) <= 20
    assert not CarriedDetails.objects.exists()
    assert all(each.open_details().name == "Ann Lee" for each in Signature.objects.all())


def test_a_hundred_threads_press_the_same_button(keys):
    petitions = [make_petition(number) for number in (1, 2)]
    request_signature(make_wish(petitions[0]), now=timezone.now())
    (mailing,) = mailings()
    confirmed = confirm(mailing.confirm_token, petition_ids=[petitions[0].pk], now=timezone.now())
    (token,) = confirmed.offers.values()

    raised = at_once(*[lambda: sign_offer(token, now=timezone.now())] * 100)

    assert kinds(raised) == [OfferNotValid] * 99
    assert Tally.objects.by_petition() == {each.pk: 1 for each in petitions}


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

    raised = at_once(*jobs)

    assert set(kinds(raised)) <= {LinkNotValid}
    counted = {
        petition.pk: count
        for petition in petitions
        if (count := Signature.objects.filter(petition=petition).count())
    }
    assert {pk: count for pk, count in Tally.objects.by_petition().items() if count} == counted
