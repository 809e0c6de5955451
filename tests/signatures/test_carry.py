"""Details on their way to a signature that was made with one tap."""

import pytest
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from petitions.delivery.batches import close_batch, petitions_waiting
from petitions.models import Batch, CarriedDetails, Signature, Tally, Visibility
from petitions.models.sealed import TooManyDamagedBoxes
from petitions.signatures.carry import carry_details
from petitions.signatures.offers import sign_offer
from petitions.signatures.visibility import change_visibility
from petitions.signatures.withdraw import withdraw, withdraw_some
from petitions.vault import KeysUnavailable
from tests.makers import make_petition, make_signature

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def petitions(db):
    return [make_petition(number) for number in (1, 2, 3)]


@pytest.fixture
def tapped(sign, petitions):
    """A signature whose details are on their way, and the signer's own link."""
    token, (offer, _) = sign(petitions[0], name="Zoë")
    sign_offer(offer.token, now=NOW)
    return token, Signature.objects.get(petition=petitions[1])


def test_no_letter_takes_a_signature_before_its_details_arrive(tapped, petitions):
    _, signature = tapped
    assert petitions[1] not in petitions_waiting()
    assert close_batch(petitions[1], now=NOW) is None
    make_signature(petitions[1])

    assert close_batch(petitions[1], now=NOW).size == 1

    carry_details()
    batch = close_batch(petitions[1], now=NOW)
    signature.refresh_from_db()
    assert (batch.size, signature.batch) == (1, batch)


@pytest.mark.django_db(transaction=True)
def test_the_deliver_command_carries_details_first(tapped, mailbox):
    call_command("deliver", verbosity=0)

    assert set(Batch.objects.values_list("petition__number", "size")) == {(1, 1), (2, 1)}


def test_who_withdraws_the_first_signature_is_named_under_the_other_all_the_same(tapped, petitions):
    token, signature = tapped
    withdraw_some(token, petition_ids=[petitions[0].pk], now=NOW)

    carry_details()

    signature.refresh_from_db()
    assert signature.open_details().name == "Zoë"
    assert Tally.objects.by_petition() == {petitions[0].pk: 0, petitions[1].pk: 1}


def test_who_leaves_takes_details_on_their_way_along(tapped):
    token, _ = tapped

    withdraw(token, now=NOW)

    assert not CarriedDetails.objects.exists()
    assert carry_details() == 0


def test_who_wants_to_be_only_counted_now_takes_them_along_too(tapped, petitions):
    token, signature = tapped

    change_visibility(token, petition_id=petitions[1].pk, visibility=Visibility.WITHHELD, now=NOW)

    assert carry_details() == 0
    signature.refresh_from_db()
    assert signature.sig_box is None
    assert close_batch(petitions[1], now=NOW).size == 1


def test_damaged_details_are_quarantined_and_the_signature_is_counted(tapped, petitions):
    _, signature = tapped
    box = bytes(CarriedDetails.objects.get().box)
    CarriedDetails.objects.update(box=box[:-1] + bytes([box[-1] ^ 1]))

    assert carry_details() == 0

    signature.refresh_from_db()
    assert (signature.quarantined, signature.sig_box) == (True, None)
    assert close_batch(petitions[1], now=NOW).size == 1


def test_when_many_do_not_open_they_stay_where_they_are(sign, petitions):
    for name in ("ann", "bob", "cat"):
        _, (offer, _) = sign(petitions[0], address=f"{name}@mail.example")
        sign_offer(offer.token, now=NOW)
    CarriedDetails.objects.update(from_petition_id=petitions[2].pk)

    with pytest.raises(TooManyDamagedBoxes):
        carry_details()

    assert CarriedDetails.objects.count() == 2


def test_without_the_key_they_wait_for_it(tapped, keys):
    private = keys.directory / "signature"
    private.rename(keys.directory / "away")
    private.mkdir()
    with pytest.raises(KeysUnavailable):
        carry_details()
    private.rmdir()
    (keys.directory / "away").rename(private)

    assert carry_details() == 1


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_worker_held_comes_up_again(tapped):
    """A worker that dies loses its connection, and with it the lock; until then others pass by."""
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM petitions_signature FOR UPDATE")
        assert carry_details() == 0
    other.close()

    assert carry_details() == 1
