"""What one tap leaves on its way, when the keys change meanwhile."""

from datetime import timedelta

import pytest
from django.utils import timezone

from petitions.models import CarriedDetails, Offer, Signature, Visibility
from petitions.models.offer import LIFE
from petitions.signatures.carry import carry_details
from petitions.signatures.confirm import confirm
from petitions.signatures.offers import open_offers, sign_offer
from petitions.vault import Purpose, epoch_of
from tests.conftest import EPOCH
from tests.makers import make_petition, make_wish
from tests.vault.vault_command import NEXT, activate_next, rows_by_epoch, run

pytestmark = pytest.mark.django_db
DESTROY = ("destroy", "signature", EPOCH, "--type", f"signature-{EPOCH}")


@pytest.fixture
def offers(ask):
    """Of two other asks, to somebody who has just confirmed."""
    one, _, _ = (make_petition(number) for number in (1, 2, 3))
    return confirm_one(ask, one)


def confirm_one(ask, petition, **changes):
    now = timezone.now()
    mailing = ask(make_wish(petition, **{"name": "Zoë", **changes}), now=now)
    confirmed = confirm(mailing.confirm_token, petition_ids=[petition.pk], now=now)
    return open_offers(list(confirmed.offers.values()), now=now)


def test_details_on_their_way_are_sealed_anew_and_arrive(keys, offers):
    sign_offer(offers[0].token, now=timezone.now())
    assert epoch_of(CarriedDetails.objects.get().box) == EPOCH
    activate_next(keys)

    assert f"details on their way: 1 row re-sealed to signature-{NEXT}." in run("rewrap")

    assert rows_by_epoch()["details on their way"] == {NEXT: 1}
    keys.destroy(Purpose.SIGNATURE, EPOCH)
    assert carry_details() == 1
    assert Signature.objects.get(petition=offers[0].petition).open_details().name == "Zoë"


def test_verify_counts_what_is_on_its_way_and_offered(keys, offers):
    sign_offer(offers[0].token, now=timezone.now())

    said = run("verify")

    # The signature, the details on their way to the second, and the offer of the third.
    lines = [line.split() for line in said.splitlines()]
    assert [f"signature-{EPOCH}", "active", "here", "3"] in lines
    assert "2 rows opened" in said


def test_rewrap_says_that_offers_can_not_be_sealed_anew(keys, offers):
    assert "offers" not in run("rewrap")
    activate_next(keys)

    said = run("rewrap")

    assert f"offers of one tap: 2 rows left ({EPOCH}): nobody can seal them anew." in said


def test_destroy_counts_the_offers_whose_details_are_lost(keys, offers):
    activate_next(keys)
    run("rewrap")

    said = run(*DESTROY)

    assert "2 rows can never be read again, here or from any backup (offers of one tap: 2)." in said


def test_destroy_loses_no_offer_that_is_over(keys, offers):
    activate_next(keys)
    run("rewrap")
    Offer.objects.update(created_hour=timezone.now() - LIFE - timedelta(minutes=1))

    assert "No stored row is sealed to it" in run(*DESTROY)


def test_offers_after_a_rewrap_are_none_of_the_old_keys(keys, ask):
    one, _ = make_petition(1), make_petition(2)
    activate_next(keys)
    (offer,) = confirm_one(ask, one)

    assert "No stored row is sealed to it" in run(*DESTROY)
    sign_offer(offer.token, now=timezone.now())
    assert carry_details() == 1


def test_offers_of_who_is_counted_only_hold_nothing_to_lose(keys, ask):
    one, _ = make_petition(1), make_petition(2)
    assert confirm_one(ask, one, name="", visibility=Visibility.WITHHELD)
    activate_next(keys)

    assert "No stored row is sealed to it" in run(*DESTROY)
