"""Passing a petition on: links that load nothing, say nothing of the reader, and lead only where
they say."""

import re
from html import unescape
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import pytest
import segno

from petitions.models import Petition, PetitionText
from petitions.web.share import share
from tests.makers import make_petition

pytestmark = pytest.mark.django_db
PAGE = "/en/petitions/ask-1/"
MASTODON = "/en/petitions/ask-1/mastodon/"
TITLES = [
    "O'Neill & sons",
    "Свабоду ўсім: ґєії",
    "100% + 1 = #more?",
    'Say "yes"\u00a0now',
    "a&b=c",
]


@pytest.fixture
def petition(keys, settings):
    settings.SITE_URL = "https://asks.example"
    return make_petition()


def titled(petition, title):
    PetitionText.objects.filter(petition=petition).update(title=title)
    return Petition.objects.get(pk=petition.pk)


@pytest.mark.parametrize("title", TITLES)
def test_each_link_carries_title_and_address_whole(petition, title):
    shared = share(titled(petition, title))
    address = "https://asks.example/en/petitions/ask-1/"
    words = f"A petition to read: {title}"

    queries = {link.name: parse_qs(urlsplit(link.url).query) for link in shared.links}

    assert queries == {
        "Telegram": {"url": [address], "text": [words]},
        "WhatsApp": {"text": [f"{words}\n{address}"]},
        "Bluesky": {"text": [f"{words}\n{address}"]},
        "X": {"text": [words], "url": [address]},
        "Facebook": {"u": [address]},
    }
    assert parse_qs(urlsplit(shared.on_mastodon("social.example")).query) == {
        "text": [f"{words}\n{address}"]
    }
    mail = urlsplit(shared.email)
    assert (mail.scheme, mail.path) == ("mailto", "")
    assert parse_qs(mail.query) == {"subject": [title], "body": [f"{words}\r\n{address}"]}
    assert not re.search(r"[\s+\"'<>]", "".join(link.url for link in shared.links) + shared.email)


@pytest.mark.parametrize("title", TITLES)
def test_the_page_shows_links_fields_and_a_qr_code(client, petition, title):
    shared = share(titled(petition, title))

    page = client.get(PAGE).content.decode()

    links = [unescape(link) for link in re.findall(r'href="([^"]+)"', page)]
    for url in [*(link.url for link in shared.links), shared.email, f"{PAGE}qr.svg"]:
        assert url in links
    assert re.search(r'<input[^>]*readonly[^>]*value="https://asks.example/en/pet', page)
    (message,) = re.findall(r'<textarea id="message[^>]*readonly[^>]*>([^<]*)</textarea>', page)
    assert unescape(message) == shared.message
    outward = re.findall(r'<a href="https://[^>]*target="_blank"[^>]*>', page)
    assert len(outward) == 5
    assert all('rel="noopener noreferrer"' in link for link in outward)
    assert "VK is left out" in page


def test_what_is_passed_on_says_nothing_about_the_reader(petition):
    shared = share(petition)

    for words in (shared.message, shared.email, *(link.url for link in shared.links)):
        assert not re.search(r"\bI\b|signed|my ", words)


def test_the_qr_code_is_the_address(client, petition):
    response = client.get(f"{PAGE}qr.svg")

    assert response["Content-Type"] == "image/svg+xml"
    assert "max-age=86400" in response["Cache-Control"]
    expected = segno.make_qr("https://asks.example/en/petitions/ask-1/", error="m")
    (modules,) = re.findall(r'stroke="#000" d="([^"]+)"', expected.svg_inline(dark="#000"))
    drawn = response.content.decode()
    assert f'd="{modules}"' in drawn
    assert "<title>Title of ask 1</title>" in drawn
    assert "style=" not in drawn


# --- Mastodon: the reader names a server, and nobody can make the site lead elsewhere


def link_to_mastodon(response):
    return re.findall(r'href="(https://[^"]+/share[^"]*)"', response.content.decode())


@pytest.mark.parametrize(
    ("typed", "server"),
    [
        ("social.example", "social.example"),
        ("  Social.EXAMPLE ", "social.example"),
        ("a.b-c.social.example", "a.b-c.social.example"),
        ("xn--e1afmkfd.example", "xn--e1afmkfd.example"),
    ],
)
def test_a_server_gets_one_link_and_no_redirect(client, petition, typed, server):
    response = client.get(MASTODON, {"server": typed})

    assert response.status_code == HTTPStatus.OK
    (link,) = link_to_mastodon(response)
    assert urlsplit(link).netloc == server
    assert (
        "A petition to read: Title of ask 1" in parse_qs(urlsplit(unescape(link)).query)["text"][0]
    )


HOSTILE = [
    "https://social.example",
    "//evil.example",
    "social.example/evil",
    "social.example?x=",
    "social.example#",
    "social.example:8080",
    "ann@social.example",
    "@ann@social.example",
    "social.example@evil.example",
    "social.example\\@evil.example",
    "evil.example%2f.social.example",
    "javascript:alert(1)",
    "127.0.0.1",
    "[::1]",
    "localhost",
    "0x7f.1",
    "social..example",
    ".social.example",
    "social.example.",
    "-social.example",
    "social.example\n.evil.example",
    "social.example\x00",
    "sociаl.example",
    "social\u2024example",
    '"><script>alert(1)</script>.example',
    "a" * 64 + ".example",
    "a." * 127 + "example",
]


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_is_no_host_name_gets_words_and_no_link(client, petition, typed):
    response = client.get(MASTODON, {"server": typed})

    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    page = response.content.decode()
    assert "Please type only the name of your server" in page or "Null characters" in page
    assert not link_to_mastodon(response)
    assert "<script>" not in page
    assert 'role="alert"' in page


def test_no_name_gets_words_and_a_first_look_gets_none(client, petition):
    empty = client.get(MASTODON, {"server": " "})
    first = client.get(MASTODON)

    assert empty.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert b"Please type the name of your server." in empty.content
    assert first.status_code == HTTPStatus.OK
    assert b'role="alert"' not in first.content


@pytest.mark.parametrize(
    "name", ["", "card/", "picture.png", "qr.svg", "mastodon/", "updates.atom"]
)
def test_of_a_draft_nothing_is_handed_out(client, petition, name):
    Petition.objects.update(state=Petition.State.DRAFT)

    assert client.get(f"{PAGE}{name}").status_code == HTTPStatus.NOT_FOUND
