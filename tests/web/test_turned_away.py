"""Forms that get no mail: their supporter sees what all see, and organizers see how many they are."""

from datetime import timedelta
from http import HTTPStatus

import altcha
import pytest
from django.core.cache import cache
from django.utils import timezone

from petitions.models import SignRequest, TurnedAway
from petitions.models.clock import this_hour
from petitions.signatures import flood
from petitions.signatures.erase import erase_what_is_due
from petitions.web import limits as web_limits
from petitions.web import proof
from tests.forms import stamp_of_a_reader
from tests.makers import make_petition

pytestmark = pytest.mark.django_db
SIGN = "/en/petitions/ask-1/"
CARRIER = "8.8.4.4"
HOUSE = "2600:db8:1:2::9"
FORM = {"name": "Ann", "country": "LT", "visibility": "officials"}
Why = TurnedAway.Why


@pytest.fixture(autouse=True)
def petition(keys):
    return make_petition()


@pytest.fixture
def six_minutes_ahead(limits, monkeypatch):
    """In place of two days, so that a network is full with a few forms."""
    monkeypatch.setattr(web_limits, "MINUTES_AHEAD", 5)
    return limits


def sign(client, number, address, **typed):
    form = FORM | {"email": f"signer{number}@mail.example", "stamp": stamp_of_a_reader()} | typed
    response = client.post(SIGN, form, REMOTE_ADDR=address)
    assert response.status_code == HTTPStatus.OK
    return sorted(response.items()), response.content


def forms():
    return TurnedAway.objects.of_the_last_day(now=timezone.now())


def page_offers_proof(client):
    cache.clear()
    flood.look_anew()
    return b'name="proof"' in client.get(SIGN).content


def test_who_has_no_room_sees_what_all_see_and_is_counted(client, six_minutes_ahead):
    answers = [sign(client, number, CARRIER) for number in range(62)]

    assert all(answer == answers[0] for answer in answers)
    assert SignRequest.objects.count() == 60
    assert forms() == {Why.NETWORK: 2}


def test_behind_a_carriers_full_address_a_proof_opens_the_way(
    client, six_minutes_ahead, monkeypatch
):
    monkeypatch.setattr(proof, "PREFIX", "0")
    for number in range(60):
        sign(client, number, CARRIER)
    assert not page_offers_proof(client)

    sign(client, 60, CARRIER)

    assert page_offers_proof(client)
    challenge = proof.make_challenge()
    solved = altcha.Payload(challenge, altcha.solve_challenge(challenge)).to_base64()
    sign(client, 61, CARRIER, proof=solved)
    assert SignRequest.objects.count() == 61
    assert not SignRequest.objects.filter(mail_due_at__gt=timezone.now()).exists()


def test_one_house_that_asks_too_much_makes_no_flood_for_all(client, six_minutes_ahead):
    for number in range(7):
        sign(client, number, HOUSE)

    assert forms() == {Why.NETWORK: 2}
    assert not page_offers_proof(client)


def test_a_form_that_fell_into_the_trap_is_counted(client):
    sign(client, 1, HOUSE, topic="Buy now")

    assert not SignRequest.objects.exists()
    assert forms() == {Why.TRAP: 1}


def test_what_is_kept_is_a_number_for_each_hour_and_reason():
    now = timezone.now()
    for _ in range(3):
        TurnedAway.objects.add(Why.NETWORK, now=now)
    TurnedAway.objects.add(Why.DOMAIN, now=now)

    rows = TurnedAway.objects.order_by("why").values_list("hour", "why", "forms")
    assert list(rows) == [(this_hour(now), "domain", 1), (this_hour(now), "network", 3)]


def test_numbers_of_yesterday_are_not_told_and_soon_erased():
    now = timezone.now()
    TurnedAway.objects.add(Why.NETWORK, now=now - timedelta(hours=25))

    assert forms() == {}
    erase_what_is_due(now=now)
    assert TurnedAway.objects.exists()
    erase_what_is_due(now=now + timedelta(hours=24))
    assert not TurnedAway.objects.exists()
