"""Every page in every language: where it is, how its reader finds it, and what leads there."""

import re
from datetime import date
from http import HTTPStatus

import pytest
from django.conf import settings
from django.utils import timezone
from django.utils.translation import override

from petitions.content import campaign
from petitions.models import OfficeName, Page, Partner
from petitions.web.languages import SUGGESTIONS
from tests.database import fill_with_the_campaign
from tests.makers import make_office, make_petition, make_wish

pytestmark = pytest.mark.django_db
LANGUAGES = dict(settings.LANGUAGES)
PUBLIC = ["/", "/petitions/ask-1/", "/petitions/ask-1/letters/", "/safety/"]


@pytest.fixture
def petition(keys):
    for slug in ("home", "safety"):
        Page.objects.create(slug=slug, language="en", title=slug, lead="Why.", body="Because.")
    return make_petition()


@pytest.fixture
def token_pages(ask, petition):
    mailing = ask(make_wish(petition), now=timezone.now())
    return [
        f"/confirm/{mailing.confirm_token}/",
        f"/receipt/{mailing.withdraw_token}/",
        "/confirm/no-such-link/",
        "/receipt/no-such-link/",
    ]


def read(client, path, **headers):
    response = client.get(path, headers=headers)
    assert response.status_code == HTTPStatus.OK, path
    return response.content.decode()


def alternates(page):
    """Languages and addresses that search engines are told of."""
    links = re.findall(r'<link rel="alternate"\s+hreflang="([\w-]+)"\s+href="([^"]+)"', page)
    assert len(links) == len(dict(links))
    return dict(links)


def switcher(page):
    """Languages and addresses that a reader can choose."""
    (details,) = re.findall(r'<details class="languages">.*?</details>', page, re.DOTALL)
    return {
        re.search(r'hreflang="(\w+)"', link)[1]: re.search(r'href="([^"]*)"', link)[1]
        for link in re.findall(r"<a [^>]*>", details)
    }


# --- The same page in eight languages


@pytest.mark.parametrize("path", PUBLIC)
def test_a_page_says_in_each_language_where_its_translations_are(client, petition, path):
    pages = {language: read(client, f"/{language}{path}") for language in LANGUAGES}

    wanted = {each: f"{settings.SITE_URL}/{each}{path}" for each in LANGUAGES}
    wanted["x-default"] = f"{settings.SITE_URL}{path}"
    for language, page in pages.items():
        assert f'<html lang="{language}">' in page
        assert f'<link rel="canonical" href="{wanted[language]}">' in page
        # All name the same addresses, themselves included: so each link is answered by one back.
        assert alternates(page) == wanted


def test_pages_behind_links_change_language_and_no_search_engine_hears_of_them(client, token_pages):
    for path in token_pages:
        for language in LANGUAGES:
            page = read(client, f"/{language}{path}")
            assert 'rel="canonical"' not in page
            assert alternates(page) == {}
            assert '<meta name="robots" content="noindex">' in page
            assert switcher(page) == {each: f"/{each}{path}" for each in LANGUAGES}
            links = re.findall(r"<a [^>]*hreflang[^>]*>", page)
            assert all('rel="nofollow"' in link for link in links)


def test_the_switcher_on_every_page_leads_to_a_page(client, petition, token_pages):
    paths = [f"/en{path}" for path in [*PUBLIC, *token_pages]]
    missing = [
        client.get("/en/no-such-page/"),
        client.get("/en/petitions/no-such-ask/"),
        client.post("/en/petitions/ask-1/", {}, headers={"Sec-Fetch-Site": "cross-site"}),
    ]
    wrong = client.post("/en/petitions/ask-1/", {"name": "12"})

    shown = [read(client, path) for path in paths] + [each.content.decode() for each in missing]
    for page in shown:
        links = switcher(page)
        assert list(links) == list(LANGUAGES)
        for path in links.values():
            read(client, path)
    assert [alternates(response.content.decode()) for response in missing] == [{}] * 3
    assert switcher(wrong.content.decode())["uk"] == "/uk/petitions/ask-1/"
    assert alternates(wrong.content.decode()) == {}


def test_the_switcher_calls_each_language_by_its_own_name_and_marks_the_current_one(
    client, petition
):
    page = read(client, "/be/safety/")

    for language, name in LANGUAGES.items():
        assert re.search(rf'<a [^>]*lang="{language}"[^>]*>\s*{name}\s*</a>', page)
    (current,) = re.findall(r'<a [^>]*hreflang[^>]*aria-current="page"[^>]*>', page)
    assert 'lang="be"' in current


def test_a_partner_is_not_forgotten_when_the_language_changes(client, petition):
    Partner.objects.create(code="friends", name="Friends")
    page = read(client, "/en/petitions/ask-1/?via=friends&x=%22%3E%3Cb")

    assert switcher(page)["uk"] == "/uk/petitions/ask-1/?via=friends"
    assert alternates(page)["uk"] == f"{settings.SITE_URL}/uk/petitions/ask-1/"


def test_each_other_language_is_offered_in_its_own_words_and_hidden(client, petition):
    page = read(client, "/uk/safety/")

    lines = re.findall(r'<p class="suggestion"\s+lang="(\w+)"\s+hidden>(.*?)</p>', page, re.DOTALL)
    assert [language for language, _ in lines] == [each for each in LANGUAGES if each != "uk"]
    for language, line in lines:
        assert SUGGESTIONS[language] in line
        assert f'href="/{language}/safety/"' in line


# --- An address without a language


@pytest.mark.parametrize(
    ("wishes", "language"),
    [
        ("uk", "uk"),
        ("uk-UA,uk;q=0.9,en;q=0.5", "uk"),
        ("be-BY", "be"),
        ("be-tarask,ru;q=0.5", "be"),
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("ja, zh;q=0.5", "en"),
        ("ja, de;q=0.5", "de"),
        ("*", "en"),
        ("", "en"),
        ("en;q=0.1, lt;q=0.9", "lt"),
    ],
)
def test_an_address_without_a_language_leads_once_to_the_preferred_one(
    client, petition, wishes, language
):
    for path in PUBLIC:
        response = client.get(path, headers={"Accept-Language": wishes}, follow=True)

        assert response.redirect_chain == [(f"/{language}{path}", HTTPStatus.FOUND)]
        assert response.status_code == HTTPStatus.OK


HOSTILE = [
    "x" * 100_000,
    "../../etc/passwd",
    "uk\x00",
    "uk;q=nan,*;q=0.0.0",
    "%s%n{0}",
    ",;,;,;" * 1000,
    "UK_ua, be@latin",
    "en-" + "a-" * 5000,
    "українська",
]


@pytest.mark.parametrize("wishes", HOSTILE)
def test_a_hostile_wish_gets_a_page(client, petition, wishes):
    response = client.get("/", headers={"Accept-Language": wishes}, follow=True)

    assert response.status_code == HTTPStatus.OK
    assert len(response.redirect_chain) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/xx/",
        "/en-us/",
        "/EN/",
        "/uk-UA/safety/",
        "/en/en/",
        "/uk/be/safety/",
        "/%2F%2Fevil.example/",
        "/en%00/",
        "/../uk/../",
        "/uk//evil.example/",
        "/be@latin/",
        "/" + "x-" * 3000,
        "/en-" + "x" * 600 + "/",
        "/no-such-page/",
    ],
)
def test_a_wrong_or_hostile_language_in_the_address_is_no_page_and_no_loop(client, petition, path):
    response = client.get(path, headers={"Accept-Language": "uk"}, follow=True)

    assert response.status_code == HTTPStatus.NOT_FOUND
    assert len(response.redirect_chain) <= 1


def test_no_address_leads_to_another_host(client, petition):
    for path in ("//evil.example/", "//evil.example/safety/", "/\\evil.example/", "//uk/safety/"):
        assert client.get("/", PATH_INFO=path).status_code == HTTPStatus.NOT_FOUND


def test_only_an_address_without_a_language_varies_by_what_the_browser_prefers(client, petition):
    leads, stays = client.get("/"), client.get("/uk/", headers={"Accept-Language": "de"})

    assert "Accept-Language" in leads["Vary"]
    assert (stays.status_code, stays["Content-Language"]) == (HTTPStatus.OK, "uk")
    assert "Accept-Language" not in stays.get("Vary", "")
    assert "Accept-Language" in client.get("/no-such-page/")["Vary"]


# --- Words in the language of the moment


def test_the_campaigns_words_are_in_the_pages_language(client, keys):
    fill_with_the_campaign()

    home = read(client, "/uk/")

    assert "Five Asks: П’ять петицій на підтримку людей" in home
    assert "Freedom House, осінь 2022 року" in home
    with override("xx"):
        assert campaign()["tagline"].startswith("Five petitions")


def test_an_office_is_called_in_the_readers_language_or_by_its_own_name(client, ask, petition):
    office = make_office(petition, name="Foreign Minister")
    OfficeName.objects.create(
        office=office, language="uk", name="Міністр закордонних справ", organisation="Міністерство"
    )
    mailing = ask(make_wish(petition), now=timezone.now())

    for path in ("/petitions/ask-1/", f"/confirm/{mailing.confirm_token}/"):
        assert "Міністр закордонних справ" in read(client, f"/uk{path}")
        assert "Foreign Minister" not in read(client, f"/uk{path}")
        assert "Foreign Minister" in read(client, f"/de{path}")


def test_an_update_that_is_not_translated_yet_stands_in_english_and_says_so(client, petition):
    days = {day: date(2026, 11, day) for day in (1, 2)}
    for day, language, title in [(1, "en", "Old"), (1, "be", "Старое"), (2, "en", "New")]:
        petition.updates.create(happened_on=days[day], language=language, title=title, body="…")

    page = read(client, "/be/petitions/ask-1/")

    updates = re.findall(r'<article class="prose" lang="(\w+)">\s*<h3>(\w+)</h3>', page)
    assert updates == [("en", "New"), ("be", "Старое")]
