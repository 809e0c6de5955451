"""Updates for feed readers, and what search engines should find."""

import re
from datetime import date
from xml.etree import ElementTree as ET

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from petitions.content import campaign
from petitions.models import Page, Petition, PetitionUpdate
from petitions.web.sitemaps import PAGES
from tests.makers import make_petition

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"
LANGUAGES = [code for code, _ in django_settings.LANGUAGES]


@pytest.fixture(autouse=True)
def petitions(keys, settings):
    settings.SITE_URL = "https://asks.example"
    petitions = [make_petition(1), make_petition(2), make_petition(3, state=Petition.State.DRAFT)]
    for number, petition in enumerate(petitions, 1):
        PetitionUpdate.objects.create(
            petition=petition,
            language="en",
            happened_on=date(2024, 5, number),
            title=f"News & more of ask {number}",
            body="It **happened** <b>there</b>.",
        )
    return petitions


def feed(client, path):
    response = client.get(path)
    assert response["Content-Type"].startswith("application/atom+xml")
    return ET.fromstring(response.content)  # noqa: S314 - it is our own


def words(element, name):
    return [each.text for each in element.iter(f"{ATOM}{name}")]


def test_the_feed_of_all_asks_has_each_public_update_with_its_date(client):
    root = feed(client, "/en/updates.atom")

    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    entries = root.findall(f"{ATOM}entry")
    assert [each.findtext(f"{ATOM}title") for each in entries] == [
        "News & more of ask 2",
        "News & more of ask 1",
    ]
    assert [each.findtext(f"{ATOM}updated") for each in entries] == [
        "2024-05-02T00:00:00+00:00",
        "2024-05-01T00:00:00+00:00",
    ]
    assert "<strong>happened</strong> &lt;b&gt;" in entries[0].findtext(f"{ATOM}summary")
    link = entries[0].find(f"{ATOM}link").get("href")
    assert link == "https://asks.example/en/petitions/ask-2/"
    own = [each.get("href") for each in root.findall(f"{ATOM}link") if each.get("rel") == "self"]
    assert own == ["https://asks.example/en/updates.atom"]


def test_a_petition_has_a_feed_of_its_own(client):
    root = feed(client, "/en/petitions/ask-1/updates.atom")

    assert words(root, "title") == [
        "Five Asks: updates on “Title of ask 1”",
        "News & more of ask 1",
    ]


def test_an_entry_is_known_by_the_same_name_in_both_feeds_and_after_an_edit(client):
    before = words(feed(client, "/en/updates.atom"), "id")
    PetitionUpdate.objects.update(title="Another title")
    (own,) = words(feed(client, "/en/petitions/ask-1/updates.atom"), "id")[1:]

    assert own in before
    assert own == "tag:asks.example,2026:en/petitions/ask-1/2024-05-01"
    assert len(before) == len(set(before)) == 3


def test_pages_name_their_feeds(client):
    page = client.get("/en/petitions/ask-1/").content.decode()

    for path in ("/en/petitions/ask-1/updates.atom", "/en/updates.atom"):
        assert f'href="{path}">' in page
    assert page.count('type="application/atom+xml"') == 2


def test_the_sitemap_lists_public_pages_in_each_language_and_nothing_else(client):
    response = client.get("/sitemap.xml")

    root = ET.fromstring(response.content)  # noqa: S314 - it is our own
    found = {each.text for each in root.iter(f"{MAP}loc")}
    paths = [
        "",
        "safety/",
        "privacy/",
        "press/",
        "partners/",
        "ledger/",
        "petitions/ask-1/",
        "petitions/ask-1/letters/",
        "petitions/ask-2/",
        "petitions/ask-2/letters/",
    ]
    assert found == {f"https://asks.example/{code}/{path}" for code in LANGUAGES for path in paths}
    assert len(PAGES) == 6
    for url in root.iter(f"{MAP}url"):
        alternates = {each.get("hreflang") for each in url.iter(f"{XHTML}link")}
        assert alternates == {*LANGUAGES, "x-default"}


def test_robots_may_look_at_all_but_what_is_between_a_signer_and_us(client):
    text = client.get("/robots.txt").content.decode()

    lines = text.splitlines()
    assert lines[0] == "User-agent: *"
    for path in ("confirm", "receipt", "asks", "news"):
        assert f"Disallow: /*/{path}/" in lines
    assert "Disallow: /mailbox/" in lines
    assert "Sitemap: https://asks.example/sitemap.xml" in lines
    assert "Disallow: /" not in lines


# --- schema.org


def test_pages_say_in_microdata_what_they_are_and_cite_the_article(client):
    Page.objects.create(slug="home", language="en", title="Home", lead="Why.", body="Because.")
    petition = client.get("/en/petitions/ask-1/").content.decode()
    home = client.get("/en/").content.decode()

    assert types_on(home) == ["WebSite", "Organization"]
    assert types_on(petition) == ["WebPage", "Article", "Organization"]
    article = campaign()["article"]
    assert f'itemid="{article["url"]}"' in petition
    for name, content in (
        ("name", "Title of ask 1"),
        ("inLanguage", "en"),
        ("datePublished", f"{timezone.now():%Y-%m-%d}"),
        ("name", article["publisher"]),
    ):
        assert re.search(rf'<meta itemprop="{name}"\s+content="{content}">', petition), name


def types_on(page):
    return re.findall(r'itemtype="https://schema.org/(\w+)"', page)
