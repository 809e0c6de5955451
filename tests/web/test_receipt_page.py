"""A signer's own page: what its buttons do, and that opening it does nothing."""

import json
import re
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from five_asks_verify.entries import Receipt
from petitions.delivery.batches import close_batch
from petitions.exports.copies import make_copies
from petitions.ledger.publish import publish
from petitions.models import Answer, DataCopy, Delivery, Leaf, NewsSubscriber, Signature, Tally
from petitions.signatures.confirm import confirm
from tests.forms import but_for_its_own_address
from tests.makers import make_office, make_petition, make_signature, make_wish

pytestmark = pytest.mark.django_db
NOW = timezone.now()
BUTTONS = [
    {"do": "visibility", "ask": "ask-1", "visibility": "withheld"},
    {"do": "withdraw", "ask": "ask-1"},
    {"do": "withdraw-all"},
    {"do": "end-news"},
    {"do": "make-copy"},
    {"do": "save-copy"},
    {"do": "show-receipt", "ask": "ask-1"},
]


@pytest.fixture
def petitions():
    return [make_petition(number) for number in (1, 2)]


@pytest.fixture
def link(ask, petitions):
    mailing = ask(make_wish(*petitions, news=True), now=NOW)
    confirm(mailing.confirm_token, petition_ids=[each.pk for each in petitions], now=NOW)
    return f"/en/receipt/{mailing.withdraw_token}/"


def text(response):
    return " ".join(response.content.decode().split())


def test_opening_the_page_and_posting_nothing_changes_nothing(client, link):
    before = list(Signature.objects.order_by("pk").values())
    for _ in range(20):
        assert client.get(link).status_code == HTTPStatus.OK
        client.head(link)
        client.post(link)
        client.post(link, {"do": "x"})

    assert list(Signature.objects.order_by("pk").values()) == before
    assert not DataCopy.objects.exists()


def test_each_ask_is_followed_like_a_parcel(client, link, petitions):
    make_office(petitions[0], name="Foreign Minister")
    make_office(petitions[0], name="Prime Minister")
    page = text(client.get(link))
    assert page.count("Waits for the next letter") == 2

    close_batch(petitions[0], now=NOW)
    delivery = Delivery.objects.earliest("pk")
    Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.SENT, sent_at=NOW)
    Answer.objects.create(delivery=delivery, answered_on=NOW, body="Yes.", public=True)

    page = text(client.get(link))
    for words in (
        "In letter 1 of",
        "Delivered to 1 of 2 offices",
        "Answered by 1 office",
        "Foreign Minister, Ministry",
        "on its way",
    ):
        assert words in page
    assert page.count('class="made-it"') == 4 + 1
    assert "Ann Lee" not in page


def test_a_request_that_waits_is_shown_with_its_end(client, ask, petitions):
    mailing = ask(make_wish(*petitions), now=NOW)

    page = text(client.get(f"/en/receipt/{mailing.withdraw_token}/"))

    assert "Not confirmed yet" in page
    assert "Title of ask 1" in page
    assert "UTC" in page


@pytest.mark.parametrize("button", BUTTONS, ids=lambda button: button["do"])
def test_no_button_works_from_another_site(client, link, button):
    response = client.post(link, button, headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == HTTPStatus.FORBIDDEN
    assert Signature.objects.filter(visibility="officials").count() == 2
    assert NewsSubscriber.objects.count() == 1


@pytest.mark.parametrize("button", BUTTONS, ids=lambda button: button["do"])
def test_pressing_a_button_twice_does_what_once_does(client, link, button):
    client.post(link, button)
    after_one = [
        list(model.objects.order_by("pk").values_list("pk"))
        for model in (Signature, NewsSubscriber, DataCopy)
    ]
    tally = Tally.objects.by_petition()

    assert client.post(link, button).status_code == HTTPStatus.OK

    assert Tally.objects.by_petition() == tally
    assert [
        list(model.objects.order_by("pk").values_list("pk"))
        for model in (Signature, NewsSubscriber, DataCopy)
    ] == after_one


def test_who_sees_the_name_is_changed_and_said(client, link):
    page = text(client.post(link, {"do": "visibility", "ask": "ask-1", "visibility": "public"}))

    assert "Your choice is kept." in page
    assert "once an organizer has looked" in page
    assert Signature.objects.get(petition__number=1).visibility == "public"


def test_a_destroyed_name_does_not_come_back_and_the_page_says_so(client, link):
    client.post(link, {"do": "visibility", "ask": "ask-1", "visibility": "withheld"})

    page = text(client.post(link, {"do": "visibility", "ask": "ask-1", "visibility": "public"}))

    assert "no name is kept here" in page
    assert "There is no way back" in page
    assert Signature.objects.get(petition__number=1).visibility == "withheld"


@pytest.mark.parametrize("slug", ["", "ask-9", "\x00", "' OR 1=1"])
@pytest.mark.parametrize("wish", ["everybody", "", "\ud7ff"])
def test_a_wish_that_no_button_sends_changes_nothing(client, link, slug, wish):
    client.post(link, {"do": "visibility", "ask": slug, "visibility": "public"})
    client.post(link, {"do": "visibility", "ask": "ask-1", "visibility": wish})
    client.post(link, {"do": "withdraw", "ask": slug})

    assert Signature.objects.filter(visibility="officials").count() == 2


def test_one_ask_is_withdrawn_and_the_way_back_shown(client, link, petitions):
    page = text(client.post(link, {"do": "withdraw", "ask": "ask-1"}))

    assert "Title of ask 1" in page
    assert f'href="{link}"' in page
    assert Signature.objects.get().petition == petitions[1]
    assert Tally.objects.by_petition() == {petitions[0].pk: 0, petitions[1].pk: 1}
    assert NewsSubscriber.objects.exists()


def test_everything_is_withdrawn_and_said(client, link, petitions):
    page = text(client.post(link, {"do": "withdraw-all"}))

    assert "Title of ask 1" in page
    assert "Title of ask 2" in page
    assert "the subscription to news" in page
    assert not Signature.objects.exists()
    assert set(Tally.objects.by_petition().values()) == {0}


def test_it_says_that_a_letter_that_went_out_can_not_be_called_back(client, link, petitions):
    close_batch(petitions[0], now=NOW)

    page = text(client.post(link, {"do": "withdraw-all"}))

    assert "We ask the offices that hold them to delete" in page


def test_the_news_end_and_the_signatures_stay(client, link):
    page = text(client.post(link, {"do": "end-news"}))

    assert "the subscription to news" in page
    assert not NewsSubscriber.objects.exists()
    assert Signature.objects.count() == 2


def test_afterwards_and_for_a_link_that_never_was_nothing_is_stored(client, link):
    client.post(link, {"do": "withdraw-all"})
    never = "/en/receipt/never/"

    assert but_for_its_own_address(client.get(link)) == but_for_its_own_address(client.get(never))
    for button in BUTTONS:
        answer, never_answer = client.post(link, button), client.post(never, button)
        assert but_for_its_own_address(answer) == but_for_its_own_address(never_answer)
        assert answer.status_code == HTTPStatus.OK


def test_a_copy_is_asked_for_waited_for_and_saved(client, link):
    page = text(client.post(link, {"do": "make-copy"}))
    assert "about a minute" in page
    assert f'href="{link}"' in page
    assert "about a minute" in text(client.post(link, {"do": "save-copy"}))

    make_copies()
    assert "Save the copy" in text(client.get(link))
    saved = client.post(link, {"do": "save-copy"})

    assert saved["Content-Disposition"] == 'attachment; filename="copy.json"'
    assert saved["Content-Type"].startswith("application/json")
    assert "no-store" in saved["Cache-Control"]
    names = [each["name"] for each in json.loads(saved.content)["signatures"]]
    assert names == ["Ann Lee", "Ann Lee"]


# --- The receipt for the public log

SHOW = {"do": "show-receipt", "ask": "ask-1"}
ANY_RECEIPT = re.compile(r"[0-9]+\.[0-9]+\.[A-Za-z0-9_-]{43}")


def test_the_logs_receipt_is_shown_when_it_is_asked_for_and_then_no_more(client, link, petitions):
    for petition in petitions:
        publish(petition)
    receipt = str(Leaf.objects.get(signature__petition=petitions[0]).receipt)
    assert "can show that you signed" in text(client.get(link))
    assert not ANY_RECEIPT.search(text(client.get(link)))

    shown = client.post(link, SHOW)

    assert ANY_RECEIPT.findall(text(shown)) == [receipt]
    assert "no-store" in shown["Cache-Control"]
    assert Receipt.read(receipt).place == 0
    for answer in (client.get(link), client.post(link), client.get(link, SHOW)):
        assert not ANY_RECEIPT.search(text(answer))


def test_a_receipt_that_is_not_published_is_told_to_come(client, link, petitions):
    page = text(client.post(link, SHOW))

    assert "The log has not got your signature yet" in page
    assert not ANY_RECEIPT.search(page)
    assert not Leaf.objects.exists()


@pytest.mark.parametrize("slug", ["", "ask-9", "\x00", "' OR 1=1"])
def test_another_asks_receipt_is_nobodys(client, link, petitions, slug):
    other = make_signature(make_petition(3))
    publish(other.petition)
    publish(petitions[0])

    for wish in (slug, "ask-3"):
        assert not ANY_RECEIPT.search(text(client.post(link, SHOW | {"ask": wish})))


def test_nothing_notes_that_a_receipt_was_asked_for(client, link, petitions):
    publish(petitions[0])
    with CaptureQueriesContext(connection) as queries:
        assert ANY_RECEIPT.search(text(client.post(link, SHOW)))

    said = [query["sql"].split()[0].upper() for query in queries]
    assert set(said) == {"SELECT"}
