"""The page behind the mailed link."""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.utils import timezone

from petitions.models import Signature, SignRequest, Tally
from tests.forms import but_for_its_own_address
from tests.makers import make_petition, make_wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def petitions():
    return [make_petition(number) for number in (1, 2)]


@pytest.fixture
def link(ask, petitions):
    mailing = ask(make_wish(*petitions), now=timezone.now())
    return f"/en/confirm/{mailing.confirm_token}/"


def tick(*petitions):
    return {"petitions": [petition.pk for petition in petitions]}


@pytest.mark.long
def test_a_scanner_opening_the_link_confirms_nothing(client, link):
    for _ in range(1000):
        assert client.get(link).status_code == HTTPStatus.OK
    for _ in range(20):
        assert client.head(link).status_code == HTTPStatus.OK
        assert client.post(link).status_code == HTTPStatus.UNPROCESSABLE_ENTITY

    assert not Signature.objects.exists()
    assert SignRequest.objects.count() == 1


def test_each_ask_has_an_unticked_box(client, link, petitions):
    page = client.get(link).content.decode()

    assert page.count('type="checkbox"') == 2
    assert "checked" not in page
    for petition in petitions:
        assert petition.text.demand in page


def test_ticking_and_pressing_signs(client, link, petitions):
    response = client.post(link, tick(*petitions))

    assert "What you agreed to is signed and counted." in response.content.decode()
    assert Signature.objects.count() == 2
    assert sum(Tally.objects.by_petition().values()) == 2


def test_ticking_nothing_is_explained_and_the_link_still_works(client, link, petitions):
    response = client.post(link)

    assert "Please tick each ask that you want to sign." in response.content.decode()
    client.post(link, tick(petitions[0]))
    assert Signature.objects.get().petition == petitions[0]


def test_an_ask_that_was_not_asked_for_can_not_be_ticked(client, link):
    other = make_petition(3)

    response = client.post(link, tick(other))

    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not Signature.objects.exists()


def test_used_tampered_and_expired_links_see_the_same_helpful_page(client, link, petitions, ask):
    client.post(link, tick(*petitions))
    late = ask(
        make_wish(*petitions, address="late@mail.example"),
        now=timezone.now() - timedelta(hours=73),
    )
    links = [
        link,
        link[:-5] + "AAAA/",
        f"/en/confirm/{late.confirm_token}/",
        f"/en/confirm/{late.withdraw_token}/",
        "/en/confirm/x/",
        "/en/confirm/%00%F0%9F%98%80/",
    ]

    answers = {
        (response.status_code, but_for_its_own_address(response))
        for each in links
        for response in (client.get(each), client.post(each, tick(*petitions)))
    }

    ((status, content),) = answers
    assert status == HTTPStatus.OK
    assert "72 hours" in content
    assert Signature.objects.count() == 2


def test_confirming_twice_leads_to_help_and_changes_nothing(client, link, petitions):
    client.post(link, tick(*petitions))

    again = client.post(link, tick(*petitions))

    assert again.status_code == HTTPStatus.OK
    assert sum(Tally.objects.by_petition().values()) == 2


def test_new_and_known_signers_see_the_same_page_afterwards(client, ask, petitions):
    make_petition(3)
    pages = set()
    for _ in range(2):
        mailing = ask(make_wish(*petitions), now=timezone.now())
        response = client.post(f"/en/confirm/{mailing.confirm_token}/", tick(*petitions))
        page = but_for_its_own_address(response)
        assert "Title of ask 3" in page
        pages.add((response.status_code, re.sub(r'value="[\w-]{43}"', "", page)))

    assert len(pages) == 1


def test_a_form_from_another_site_is_refused(client, link, petitions):
    response = client.post(link, tick(*petitions), headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == HTTPStatus.FORBIDDEN
    assert not Signature.objects.exists()


@pytest.mark.parametrize("name", ["confirm", "receipt"])
def test_pages_behind_links_are_kept_nowhere(client, link, name):
    response = client.get(link.replace("confirm", name))

    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"
