"""Suspicious signatures leave the count and come back, and the count is right whatever races."""

from collections import Counter

import pytest
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import (
    Batch,
    Delivery,
    Hold,
    Petition,
    Signature,
    Tally,
    Visibility,
    WithdrawalLink,
)
from petitions.signatures.holds import already_in_letters, hold, release
from petitions.signatures.tokens import signature_link, token_hash
from petitions.signatures.visibility import change_visibility
from petitions.signatures.withdraw import withdraw
from tests.at_once import at_once
from tests.makers import make_office, make_petition, make_signature

pytestmark = pytest.mark.usefixtures("keys")
WHY = {"why": Hold.Why.OTHER, "reason": "It looks like a script.", "by": None}


def tallies():
    """Counted and held, by petition, from the counters."""
    totals = Counter()
    for petition, count, held in Tally.objects.values_list("petition", "count", "held"):
        totals[petition, "counted"] += count
        totals[petition, "held"] += held
    return +totals


def rows():
    """The same from the rows."""
    return Counter(
        (petition, "counted" if held is None else "held")
        for petition, held in Signature.objects.values_list("petition", "hold")
    )


def link_to(signature, token="t" * 43):
    WithdrawalLink.objects.create(
        link_hash=signature_link(token_hash(token), signature.petition_id), signature=signature
    )
    return token


def every():
    return Signature.objects.all()


@pytest.mark.django_db
def test_what_is_held_leaves_the_count_and_its_country_and_comes_back():
    petition = make_petition()
    ann, bob = make_signature(petition, country="LT"), make_signature(petition, country="DE")

    made = hold(every().filter(pk=bob.pk), **WHY)

    assert (made.taken, Tally.objects.by_country()) == (1, [("LT", 1)])
    assert Tally.objects.held_by_petition() == {petition.pk: 1}
    assert release(every()) == 1
    assert Tally.objects.by_petition() == {petition.pk: 2}
    assert Tally.objects.held_by_petition() == {}
    ann.refresh_from_db()
    assert ann.hold is None


@pytest.mark.django_db
def test_holding_twice_counts_once():
    petition = make_petition()
    make_signature(petition)

    first, second = hold(every(), **WHY), hold(every(), **WHY)

    assert (first.taken, second.taken) == (1, 0)
    assert list(Hold.objects.all()) == [first]
    assert tallies() == rows() == {(petition.pk, "held"): 1}
    assert (release(every()), release(every())) == (1, 0)
    assert tallies() == rows() == {(petition.pk, "counted"): 1}


@pytest.mark.django_db
def test_who_is_held_and_withdraws_is_not_taken_off_twice():
    petition = make_petition()
    token = link_to(make_signature(petition))
    make_signature(petition)
    hold(every(), **WHY)
    release(every().exclude(withdrawal_links=None))
    hold(every(), **WHY)

    withdraw(token, now=timezone.now())

    assert tallies() == rows() == {(petition.pk, "held"): 1}


@pytest.mark.django_db
def test_what_is_held_goes_into_no_batch_until_it_is_counted_again():
    petition = make_petition()
    make_office(petition)
    make_signature(petition)
    hold(every(), **WHY)

    assert close_batch(petition, now=timezone.now()) is None
    release(every())
    assert close_batch(petition, now=timezone.now()).size == 1


@pytest.mark.django_db
def test_a_batch_of_which_no_letter_has_begun_loses_what_is_held():
    petition = make_petition()
    make_office(petition)
    ann, bob = make_signature(petition), make_signature(petition)
    batch = close_batch(petition, now=timezone.now())

    hold(every().filter(pk=bob.pk), **WHY)

    batch.refresh_from_db()
    assert (batch.size, list(batch.signatures.all())) == (1, [ann])
    release(every())
    assert list(close_batch(petition, now=timezone.now()).signatures.all()) == [bob]


@pytest.mark.django_db
def test_a_batch_that_has_nobody_left_goes_with_its_letters():
    petition = make_petition()
    make_office(petition)
    make_signature(petition)
    close_batch(petition, now=timezone.now())

    hold(every(), **WHY)

    assert (Batch.objects.count(), Delivery.objects.count()) == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("begun", [{"state": "sent"}, {"state": "sending"}, {"tries": 1}])
def test_a_batch_whose_letters_have_begun_stays_as_it_is(begun):
    petition = make_petition()
    make_office(petition)
    make_office(petition, name="Other", email="other@office.example")
    make_signature(petition)
    batch = close_batch(petition, now=timezone.now())
    Delivery.objects.filter(pk=Delivery.objects.first().pk).update(**begun)

    assert already_in_letters(every()) == 1
    hold(every(), **WHY)

    assert list(batch.signatures.all()) == list(every())
    release(every())
    assert close_batch(petition, now=timezone.now()) is None


@pytest.mark.django_db
def test_a_held_name_is_not_on_the_site_and_returns_with_its_signature():
    signature = make_signature(make_petition(), visibility=Visibility.PUBLIC)
    Signature.objects.update(public_name="Ann Lee")

    hold(every(), **WHY)

    assert list(Signature.objects.named_in_public()) == []
    release(every())
    assert list(Signature.objects.named_in_public()) == [signature]


@pytest.mark.django_db
def test_who_is_held_may_still_change_who_sees_the_name():
    signature = make_signature(make_petition(), visibility=Visibility.PUBLIC)
    token = link_to(signature)
    hold(every(), **WHY)

    change_visibility(
        token,
        petition_id=signature.petition_id,
        visibility=Visibility.WITHHELD,
        now=timezone.now(),
    )

    signature.refresh_from_db()
    assert (signature.visibility, signature.sig_box) == ("withheld", None)
    assert tallies() == rows()


@pytest.mark.django_db
def test_ten_thousand_are_held_in_one_go(django_assert_max_num_queries):
    petitions = [make_petition(number) for number in (1, 2)]
    one = make_signature(petitions[0])
    Signature.objects.bulk_create(
        Signature(
            petition=petitions[number % 2],
            country=("LT", "DE", "PL")[number % 3],
            sig_box=one.sig_box,
            visibility=Visibility.OFFICIALS,
            language="en",
            consent_version="1",
            confirmed_hour=one.confirmed_hour,
        )
        for number in range(10_000)
    )
    for (petition, country), count in Counter(
        Signature.objects.exclude(pk=one.pk).values_list("petition", "country")
    ).items():
        Tally.objects.change(petition_ids=[petition], country=country, by=count)
    before = tallies()

    with django_assert_max_num_queries(25):
        made = hold(every().exclude(country="PL"), **WHY)

    assert made.taken == every().filter(hold=made).count() > 6_000
    assert tallies() == rows()
    release(every())
    assert tallies() == rows() == before


def hold_all():
    for _ in range(8):
        hold(every(), **WHY)


def release_all():
    for _ in range(8):
        release(every())


def close_all():
    for _ in range(4):
        for number in (1, 2):
            close_batch(Petition.objects.get(number=number), now=timezone.now())


def leave(tokens):
    for token in tokens:
        withdraw(token, now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_holding_releasing_and_withdrawing_at_once_leave_the_count_right():
    petitions = [make_petition(number) for number in (1, 2)]
    tokens = [f"{number:043}" for number in range(30)]
    for token in tokens:
        for petition in petitions:
            link_to(make_signature(petition, country="LT"), token)

    faults = at_once(
        hold_all,
        release_all,
        close_all,
        lambda: leave(tokens[:10]),
        lambda: leave(tokens[10:20]),
    )

    assert faults == []
    assert Signature.objects.count() == 20
    assert tallies() == rows()
