from http import HTTPStatus

import pytest
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import Signature, Tally
from petitions.signatures.confirm import confirm
from tests.forms import but_for_its_own_address
from tests.makers import make_petition, make_wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def petition():
    return make_petition()


@pytest.fixture
def link(ask, petition):
    mailing = ask(make_wish(petition), now=timezone.now())
    confirm(mailing.confirm_token, petition_ids=[petition.pk], now=timezone.now())
    return f"/en/withdraw/{mailing.withdraw_token}/"


def test_opening_the_link_erases_nothing(client, link):
    for _ in range(50):
        assert client.get(link).status_code == HTTPStatus.OK
        client.head(link)

    assert Signature.objects.count() == 1


def test_the_button_erases_and_says_what(client, link, petition):
    response = client.post(link)

    assert "Title of ask 1" in response.content.decode()
    assert not Signature.objects.exists()
    assert Tally.objects.by_petition() == {petition.pk: 0}


def test_it_says_that_a_letter_that_went_out_can_not_be_called_back(client, link, petition):
    close_batch(petition, now=timezone.now())

    response = client.post(link)

    assert "We ask the offices that hold them to delete" in response.content.decode()


def test_afterwards_and_for_a_link_that_never_was_nothing_is_stored(client, link):
    client.post(link)

    after = client.get(link)
    never = client.get("/en/withdraw/never/")

    assert but_for_its_own_address(after) == but_for_its_own_address(never)
    answers = [client.post(link), client.post("/en/withdraw/never/")]
    assert len({but_for_its_own_address(answer) for answer in answers}) == 1
    assert after.status_code == HTTPStatus.OK
