"""Whose links brought signatures: totals by partner, and nothing about anybody."""

import re
from http import HTTPStatus

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from petitions.models import MailSlot, Page, Partner, Signature, SignRequest
from petitions.models.sealed import Mailing
from petitions.signatures import confirmation_mail
from petitions.signatures.confirm import confirm
from petitions.signatures.withdraw import withdraw
from tests.makers import make_petition

pytestmark = pytest.mark.django_db
PAGE = "/en/petitions/ask-1/"
GOOD = {"name": "Ann Lee", "email": "ann@mail.example", "country": "LT", "visibility": "officials"}
NOW = timezone.now()


@pytest.fixture(autouse=True)
def petitions(keys):
    return [make_petition(number) for number in (1, 2)]


@pytest.fixture
def partner():
    return Partner.objects.create(code="friends", name="Friends")


def hidden_code(response):
    found = re.findall(
        r'<input type="hidden" name="via" value="([^"]*)">', response.content.decode()
    )
    return found[0] if found else None


def all_but_the_stamp(response):
    """The page without the second in which it was made."""
    return re.sub(r'name="stamp"\s+value="[^"]+"', "", response.content.decode())


def confirm_what_was_asked(*, petitions=None):
    """Do what the mailer and the signer do; returns the link to leave."""
    request = SignRequest.objects.get(mail_box__isnull=False)
    mailing = Mailing.open(request.mail_box, request_id=request.id)
    confirmation_mail._write_indexes(request, mailing.address)
    confirm(mailing.confirm_token, petition_ids=request.petition_ids, now=NOW)
    return mailing.withdraw_token


def test_a_code_is_counted_from_the_form_to_the_withdrawal(client, petitions, partner):
    page = client.get(f"{PAGE}?via=friends")
    assert hidden_code(page) == "friends"

    client.post(PAGE, GOOD | {"via": hidden_code(page), "also": ["ask-2"]})
    assert not partner.signed_by_petition(), "only what is confirmed counts"
    leave = confirm_what_was_asked()

    assert partner.signed_by_petition() == [("ask-1", 1), ("ask-2", 1)]
    withdraw(leave, now=NOW)
    assert partner.signed_by_petition() == []
    assert not client.cookies


def test_who_came_without_a_code_is_counted_for_nobody(client, partner):
    client.post(PAGE, GOOD)
    confirm_what_was_asked()

    assert Signature.objects.get().partner is None
    assert partner.signed_by_petition() == []


def test_who_has_signed_already_is_not_counted_again(client, partner):
    client.post(PAGE, GOOD)
    confirm_what_was_asked()
    MailSlot.objects.all().delete()
    client.post(PAGE, GOOD | {"via": "friends"})
    confirm_what_was_asked()

    assert Signature.objects.get().partner is None


BAD_CODES = [
    "nobody",
    "Friends",
    "friends ",
    "friends\x00",
    "friends'--",
    '"><script>',
    "x" * 5000,
    "друзья",
    "",
]


@pytest.mark.parametrize("code", BAD_CODES)
def test_an_unknown_code_changes_neither_the_page_nor_the_answer(client, partner, code):
    with_code = client.get(PAGE, {"via": code})
    without = client.get(PAGE)

    assert all_but_the_stamp(with_code) == all_but_the_stamp(without)
    answer = client.post(PAGE, GOOD | {"via": code})
    assert answer.status_code == HTTPStatus.OK
    assert SignRequest.objects.get().partner is None


@pytest.mark.parametrize("code", BAD_CODES)
def test_nor_does_it_change_what_a_wrong_form_shows(client, partner, code):
    wrong = client.post(PAGE, {"name": "12", "via": code})

    right = client.post(PAGE, {"name": "12"})
    assert all_but_the_stamp(wrong) == all_but_the_stamp(right)


def test_a_mistake_does_not_lose_the_code(client, partner):
    assert hidden_code(client.post(PAGE, {"name": "12", "via": "friends"})) == "friends"


def test_an_inactive_partner_is_ignored(client, partner):
    Partner.objects.update(active=False)

    assert hidden_code(client.get(f"{PAGE}?via=friends")) is None
    client.post(PAGE, GOOD | {"via": "friends"})
    assert SignRequest.objects.get().partner is None


def test_links_on_the_home_page_the_card_and_the_asks_carry_the_code_on(client, partner):
    Page.objects.create(slug="home", language="en", title="Home", lead="Why.", body="Because.")

    for path in ("/en/", f"{PAGE}card/", "/en/petitions/ask-2/"):
        page = client.get(f"{path}?via=friends").content.decode()
        assert f'href="{PAGE}?via=friends"' in page, path
        assert "via=" not in client.get(f"{path}?via=nobody").content.decode(), path


def test_a_code_fits_a_link(db):
    for code in ("Friends", "a b", "", "a--b", "ж"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Partner.objects.create(code=code, name="X")


# --- What else stands in a query changes nothing; how pages are kept: test_kept_pages.py


def test_a_code_counts_whatever_stands_beside_it(client, partner):
    for query in ("via=friends&x=1", "y=2&via=friends", "via=nobody&via=friends"):
        assert hidden_code(client.get(f"{PAGE}?{query}")) == "friends"
