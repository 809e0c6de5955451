"""The link that ends the news, for a reader and for a mail program's button (RFC 8058)."""

from http import HTTPStatus

import pytest
from django.test import Client

from petitions.models import NewsDelivery, NewsItem, NewsSubscriber, Signature, WithdrawalLink
from petitions.news.send import send_news
from tests.mailbox import link_in
from tests.makers import make_subscriber

pytestmark = pytest.mark.django_db(transaction=True)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
FROM_ELSEWHERE = [{}, {"Origin": "https://webmail.example", "Sec-Fetch-Site": "cross-site"}]
NEVER_GIVEN = f"/en/news/{'x' * 43}/stop/"


@pytest.fixture
def mail(tell, mailbox):
    """What a subscriber got."""
    make_subscriber()
    tell()
    send_news()
    (mail,) = mailbox.mails()
    return mail


@pytest.fixture
def link(mail):
    return link_in(mail, "news")


def seen(response):
    headers = {name: value for name, value in response.items() if name != "Expires"}
    return response.status_code, headers, response.content


def test_a_mail_has_the_button_and_the_link(mail, link):
    assert mail["List-Id"] == "<news.fiveasks.example>"
    assert mail["List-Unsubscribe"] == f"<http://127.0.0.1:8000{link}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
def test_one_click_from_anywhere_erases_the_address(link, headers):
    response = Client(enforce_csrf_checks=True).post(link, ONE_CLICK, headers=headers)

    assert response.status_code == HTTPStatus.OK
    assert not NewsSubscriber.objects.exists()
    assert not WithdrawalLink.objects.exists()
    assert Signature.objects.exists()


def test_a_reader_looks_and_presses_the_button(client, link):
    page = client.get(link).text
    assert "End the news" in page
    assert f'action="{link}"' in page
    assert NewsSubscriber.objects.exists()

    page = client.post(link, {"do": "end-news"}).text

    assert "The news is ended." in page
    assert not NewsSubscriber.objects.exists()


def test_a_scanner_that_opens_or_posts_ends_nothing(client, link):
    client.get(link)
    client.head(link)
    client.post(link)
    client.post(link, {"List-Unsubscribe": "no"})

    assert NewsSubscriber.objects.exists()


def test_it_ends_what_is_on_its_way_too(client, link, tell):
    NewsItem.objects.all().delete()
    tell()
    assert NewsDelivery.objects.exists()

    client.post(link, {"do": "end-news"})

    assert not NewsDelivery.objects.exists()


@pytest.mark.parametrize("typed", [ONE_CLICK, {"do": "end-news"}])
def test_every_token_gets_the_same_answer_every_time(client, link, typed):
    never = client.post(NEVER_GIVEN, typed)
    answers = [client.post(link, typed) for _ in range(2)]

    token, other = link.split("/")[3], NEVER_GIVEN.split("/")[3]
    pages = [each.content.replace(token.encode(), other.encode()) for each in (*answers, never)]
    assert pages[0] == pages[1] == pages[2]
    assert len({each.status_code for each in (*answers, never)}) == 1


def test_opening_tells_nothing_of_the_token(client, link):
    token, other = link.split("/")[3], NEVER_GIVEN.split("/")[3]

    known, unknown = client.get(link), client.get(NEVER_GIVEN)

    assert known.content.replace(token.encode(), other.encode()) == unknown.content
    assert known.status_code == unknown.status_code
    assert "no-store" in known["Cache-Control"]


def test_all_mails_to_a_subscriber_have_the_same_link(link, tell, mailbox):
    NewsItem.objects.all().delete()
    tell()
    send_news()

    assert {link_in(each, "news") for each in mailbox.mails()} == {link}
    assert len(mailbox) == 2
