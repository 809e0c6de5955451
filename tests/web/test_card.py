"""The card is the one page that others may frame, and there is nothing in it to be tricked into."""

import re

import pytest

from petitions.models import Page
from tests.makers import make_petition, make_signature

pytestmark = pytest.mark.django_db
CARD = "/en/petitions/ask-1/card/"


@pytest.fixture
def petition(keys):
    for slug in ("home", "safety", "privacy", "press", "partners"):
        Page.objects.create(slug=slug, language="en", title=slug, lead="Why.", body="Because.")
    return make_petition()


def test_the_card_may_be_framed_and_is_as_strict_as_other_pages_otherwise(client, petition):
    card, page = client.get(CARD), client.get("/en/petitions/ask-1/")

    assert "X-Frame-Options" not in card
    ours, theirs = (directives(response) for response in (card, page))
    assert ours.pop("frame-ancestors") == "*"
    assert theirs.pop("frame-ancestors") == "'none'"
    assert ours == theirs
    same = set(page.headers) - {"X-Frame-Options", "Content-Security-Policy"} - VARY_BY_PAGE
    for name in same:
        assert card[name] == page[name] or name == "Content-Length", name


VARY_BY_PAGE = {"ETag"}


def directives(response):
    parts = response["Content-Security-Policy"].split(";")
    return dict(part.strip().split(" ", 1) for part in parts)


def test_it_may_still_be_framed_when_it_comes_from_the_cache(client, petition):
    client.get(CARD)

    again = client.get(CARD)

    assert "X-Frame-Options" not in again
    assert directives(again)["frame-ancestors"] == "*"


@pytest.mark.parametrize(
    "path",
    [
        "/en/",
        "/en/petitions/ask-1/",
        "/en/petitions/ask-1/mastodon/",
        "/en/petitions/ask-1/qr.svg",
        "/en/petitions/ask-1/updates.atom",
        "/en/petitions/no-such-ask/card/",
        "/en/updates.atom",
        "/en/press/",
        "/en/partners/",
        "/en/safety/",
        "/en/confirmed/",
        "/en/confirm/x/",
        "/en/withdraw/x/",
        "/sitemap.xml",
        "/robots.txt",
        "/admin/login/",
    ],
)
def test_nothing_else_may_be_framed(client, petition, path):
    response = client.get(path)

    assert response["X-Frame-Options"] == "DENY"
    assert directives(response)["frame-ancestors"] == "'none'"


def test_it_shows_how_far_the_ask_is_and_leads_there_in_a_new_tab(client, petition):
    make_signature(petition)

    page = client.get(CARD).content.decode()

    assert "Title of ask 1" in page
    assert "<b>1</b> signature on the way to 100" in page
    (link,) = re.findall(r"<a[^>]*>", page)
    assert 'href="/en/petitions/ask-1/"' in link
    assert 'target="_blank"' in link
    assert 'rel="noopener noreferrer"' in link
    assert "<form" not in page
    assert "<script" not in page
    assert page.count("<h1") == 1
