"""Signing the other asks with one tap after a confirmation."""

from datetime import timedelta

import pytest
from django.utils import timezone

from petitions.models import (
    CarriedDetails,
    Offer,
    Petition,
    Signature,
    SignRequest,
    Tally,
    Visibility,
)
from petitions.signatures import consent
from petitions.signatures.carry import carry_details
from petitions.signatures.confirm import confirm
from petitions.signatures.erase import erase_what_is_due
from petitions.signatures.offers import OfferNotValid, open_offers, sign_offer
from petitions.signatures.receipt import receipt
from petitions.signatures.withdraw import withdraw
from tests.conftest import EPOCH
from tests.makers import make_petition, make_wish

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def petitions(db):
    return [make_petition(number) for number in (1, 2, 3)]


def test_every_other_open_ask_is_offered(sign, petitions):
    make_petition(4, state=Petition.State.CLOSED)
    make_petition(5, state=Petition.State.DRAFT)

    _, offers = sign(petitions[1])

    assert [offer.petition for offer in offers] == [petitions[0], petitions[2]]
    assert Offer.objects.count() == 2


def test_what_was_asked_for_and_not_agreed_to_is_offered_too(ask, petitions):
    one, two, three = petitions
    mailing = ask(make_wish(one, two), now=NOW)

    confirmed = confirm(mailing.confirm_token, petition_ids=[one.pk], now=NOW)

    assert list(confirmed.offers) == [two.pk, three.pk]


def test_one_tap_signs_counts_and_joins_the_same_page(sign, petitions):
    one, two, _ = petitions
    token, (offer, _) = sign(one, name="Zoë", country="UA", visibility=Visibility.PUBLIC)

    assert sign_offer(offer.token, now=NOW) == two

    signature = Signature.objects.get(petition=two)
    assert (signature.country.code, signature.visibility) == ("UA", "public")
    assert (signature.language, signature.consent_version) == ("en", consent.version())
    assert Tally.objects.by_petition() == {one.pk: 1, two.pk: 1}
    assert [each.petition for each in receipt(token, now=NOW).asks] == [one, two]


def test_the_details_arrive_with_the_deliverer(sign, petitions):
    _, (offer, _) = sign(petitions[0], name="Zoë", comment="Please.")
    sign_offer(offer.token, now=NOW)
    signature = Signature.objects.get(petition=petitions[1])
    assert signature.sig_box is None

    assert carry_details() == 1

    signature.refresh_from_db()
    details = signature.open_details()
    assert (details.name, details.comment) == ("Zoë", "Please.")
    assert not CarriedDetails.objects.exists()


def test_who_is_counted_only_is_counted_only_there_too(sign, petitions):
    _, (offer, _) = sign(petitions[0], visibility=Visibility.WITHHELD, name="")

    sign_offer(offer.token, now=NOW)

    assert Signature.objects.get(petition=petitions[1]).visibility == Visibility.WITHHELD
    assert not CarriedDetails.objects.exists()


def test_the_choice_of_a_moment_ago_holds_whatever_an_older_signature_says(sign, petitions):
    sign(petitions[0], name="Old Name", visibility=Visibility.PUBLIC)
    _, (offer, _) = sign(petitions[0], name="New Name", visibility=Visibility.OFFICIALS)

    sign_offer(offer.token, now=NOW)
    carry_details()

    signature = Signature.objects.get(petition=petitions[1])
    assert signature.visibility == Visibility.OFFICIALS
    assert signature.open_details().name == "New Name"
    assert Signature.objects.get(petition=petitions[0]).open_details().name == "Old Name"


def test_who_has_signed_it_already_gets_the_same_answer_and_changes_nothing(sign, petitions):
    one, two, _ = petitions
    sign(two, name="Before")
    token, (offer, _) = sign(one, name="After")

    assert sign_offer(offer.token, now=NOW) == two

    assert Signature.objects.get(petition=two).open_details().name == "Before"
    assert Tally.objects.by_petition() == {one.pk: 1, two.pk: 1}
    assert not CarriedDetails.objects.exists()
    assert [each.petition for each in receipt(token, now=NOW).asks] == [one, two]


def test_an_offer_works_once(sign, petitions):
    _, (offer, other) = sign(petitions[0])
    sign_offer(offer.token, now=NOW)

    with pytest.raises(OfferNotValid):
        sign_offer(offer.token, now=NOW)

    assert open_offers([offer.token, other.token], now=NOW) == [other]
    assert Tally.objects.by_petition()[petitions[1].pk] == 1


def test_an_offer_lives_until_the_end_of_the_next_hour(sign, petitions):
    hour = NOW.replace(minute=0, second=0, microsecond=0)
    _, (offer, other) = sign(petitions[0], now=hour + timedelta(minutes=59))
    over = hour + timedelta(hours=2)

    sign_offer(offer.token, now=over - timedelta(seconds=1))
    with pytest.raises(OfferNotValid):
        sign_offer(other.token, now=over)

    erase_what_is_due(now=over - timedelta(seconds=1))
    assert Offer.objects.count() == 1
    erase_what_is_due(now=over)
    assert not Offer.objects.exists()


def test_an_ask_that_closed_meanwhile_is_not_signed(sign, petitions):
    _, (offer, _) = sign(petitions[0])
    Petition.objects.filter(pk=petitions[1].pk).update(state=Petition.State.WON)

    with pytest.raises(OfferNotValid):
        sign_offer(offer.token, now=NOW)

    assert Signature.objects.count() == 1


@pytest.mark.parametrize("token", ["", "x" * 43, "\x00"])
def test_an_invented_offer_signs_nothing(sign, petitions, token):
    sign(petitions[0])

    with pytest.raises(OfferNotValid):
        sign_offer(token, now=NOW)


def test_an_offer_that_was_exchanged_in_the_database_signs_nothing(sign, petitions):
    _, (offer, _) = sign(petitions[0])
    one, two = Offer.objects.all()
    box = one.box
    Offer.objects.filter(pk=one.pk).update(box=two.box)
    Offer.objects.filter(pk=two.pk).update(box=box)

    with pytest.raises(OfferNotValid):
        sign_offer(offer.token, now=NOW)


def test_offers_of_one_person_share_nothing_in_the_database(sign, petitions):
    token, _ = sign(petitions[0])
    signature = Signature.objects.get()

    one, two = Offer.objects.values()
    # All offers of an hour share it, and the epoch of a month.
    assert one.pop("epoch") == two.pop("epoch") == EPOCH
    kept = {name: (one[name], two[name]) for name in one if name != "created_hour"}
    assert kept.keys() == {"token_hash", "link_hash", "box"}
    for first, second in kept.values():
        assert bytes(first) != bytes(second)
        assert len(first) == len(second)
        for known in (signature.pk.bytes, str(signature.pk).encode(), bytes(signature.sig_box)):
            assert known not in bytes(first)
    assert token.encode() not in bytes(one["box"])


def test_who_leaves_takes_the_offers_along(sign, petitions):
    token, (offer, _) = sign(petitions[0])
    sign(petitions[0], address="bob@mail.example")

    withdraw(token, now=NOW)

    assert Offer.objects.count() == 2
    with pytest.raises(OfferNotValid):
        sign_offer(offer.token, now=NOW)


def test_a_request_from_before_offers_is_confirmed_without_them(ask, petitions):
    mailing = ask(make_wish(petitions[0]), now=NOW)
    SignRequest.objects.update(other_petition_ids=None, other_indexes=None, other_look_alikes=None)

    confirmed = confirm(mailing.confirm_token, petition_ids=[petitions[0].pk], now=NOW)

    assert confirmed.offers == {}


def test_who_agrees_to_nothing_that_is_open_is_offered_nothing(ask, petitions):
    mailing = ask(make_wish(petitions[0]), now=NOW)
    Petition.objects.filter(pk=petitions[0].pk).update(state=Petition.State.CLOSED)

    confirmed = confirm(mailing.confirm_token, petition_ids=[petitions[0].pk], now=NOW)

    assert confirmed.offers == {}
    assert not Offer.objects.exists()
