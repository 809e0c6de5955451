"""The one-click unsubscribe that mail programs offer (RFC 8058): their provider posts it."""

from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone

from petitions.models import NewsSubscriber, Signature, SignRequest
from petitions.signatures.confirm import confirm
from tests.makers import make_petition, make_wish

pytestmark = pytest.mark.django_db
NOW = timezone.now()
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
# What a provider's server sends, and what a web page of it would make a browser send.
FROM_ELSEWHERE = [
    {},
    {"Origin": "https://webmail.example", "Sec-Fetch-Site": "cross-site"},
]


def button(mailing):
    return f"/en/receipt/{mailing.withdraw_token}/not-me/"


def answer(response):
    headers = {name: value for name, value in response.items() if name != "Expires"}
    return response.status_code, headers, response.content


@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
def test_one_click_erases_what_was_typed(ask, headers):
    mailing = ask(make_wish(make_petition(), news=True), now=NOW)

    response = Client(enforce_csrf_checks=True).post(button(mailing), ONE_CLICK, headers=headers)

    assert response.status_code == HTTPStatus.OK
    assert not SignRequest.objects.exists()


def test_it_answers_the_same_for_every_token_and_every_time(client, ask):
    mailing = ask(make_wish(make_petition()), now=NOW)

    answers = [answer(client.post(button(mailing), ONE_CLICK)) for _ in range(2)]
    answers.append(answer(client.post("/en/receipt/no-such-token/not-me/", ONE_CLICK)))

    assert answers[0] == answers[1] == answers[2]


def test_after_confirming_it_ends_the_news_and_leaves_the_signature(client, ask):
    petition = make_petition()
    mailing = ask(make_wish(petition, news=True), now=NOW)
    confirm(mailing.confirm_token, petition_ids=[petition.pk], now=NOW)
    assert NewsSubscriber.objects.exists()

    client.post(button(mailing), ONE_CLICK)

    assert not NewsSubscriber.objects.exists()
    assert Signature.objects.count() == 1


def test_opening_it_leads_to_the_receipt_and_changes_nothing(client, ask):
    mailing = ask(make_wish(make_petition()), now=NOW)

    for response in (client.get(button(mailing)), client.post(button(mailing), {"x": "y"})):
        assert response.status_code == HTTPStatus.FOUND
        assert response["Location"] == f"/en/receipt/{mailing.withdraw_token}/"

    client.head(button(mailing))
    assert SignRequest.objects.exists()
