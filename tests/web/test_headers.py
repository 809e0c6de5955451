"""What every public page promises a browser."""

import re
from http import HTTPStatus

import pytest
from django.templatetags.static import static

PAGES = [
    "/en/",
    "/en/petitions/special-rapporteur/",
    "/en/confirm/x/",
    "/en/receipt/x/",
    "/en/news/x/stop/",
    "/en/safety/",
    "/en/privacy/",
    "/en/press/",
    "/en/partners/",
    "/en/ledger/",
    "/en/ledger/?root=x",
    "/en/petitions/special-rapporteur/mastodon/?server=social.example",
    "/en/no-such-page/",
]


@pytest.fixture
def campaign(five_asks, db, keys):
    """The five asks, each test with keys of its own."""


@pytest.mark.parametrize("path", PAGES)
def test_a_page_sets_no_cookie_runs_no_inline_script_and_loads_nothing_from_elsewhere(
    client, campaign, path
):
    response = client.get(path)

    assert not response.cookies
    assert policy_of(response) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "require-trusted-types-for": "'script'",
    }
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]
    assert "Onion-Location" not in response
    assert response["X-Frame-Options"] == "DENY"
    page = response.content.decode()
    assert re.findall(r"<script(?![^>]* src=)", page) == []
    assert not re.search(r"<[^<>]* style=", page)
    named = r'<link rel="(?:canonical|alternate)"[^>]*>'
    loaded = re.findall(
        r'<(?:link|script|img|source|iframe)[^>]*(?:href|src)="([^"]+)"', re.sub(named, "", page)
    )
    assert loaded
    assert [each for each in loaded if not each.startswith("/")] == []


def policy_of(response):
    parts = response["Content-Security-Policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


def test_the_five_asks_are_on_the_home_page(client, campaign):
    page = client.get("/en/").content.decode()

    for slug in (
        "special-rapporteur",
        "fair-services",
        "safe-routes",
        "moscow-mechanism",
        "free-prisoners",
    ):
        assert f'href="/en/petitions/{slug}/"' in page
    assert "freedomhouse.org/article/" in page


def test_the_first_page_leads_to_the_language(client, campaign):
    assert client.get("/").url == "/en/"


def test_the_onion_service_is_named_on_pages_when_there_is_one(client, campaign, settings):
    settings.ONION_URL = "http://asks5678.onion"
    settings.ALLOWED_HOSTS = ["testserver", "asks5678.onion"]

    page = client.get("/en/petitions/special-rapporteur/?utm=x")
    assert page["Onion-Location"] == ("http://asks5678.onion/en/petitions/special-rapporteur/")
    assert "Onion-Location" not in client.get("/en/", headers={"Host": "asks5678.onion"})


def test_https_pages_are_remembered_as_such_and_the_onion_service_is_not_sent_away(
    client, campaign, settings
):
    """The middleware that does it reads the settings when the site starts, as the client does."""
    settings.SECURE_HSTS_SECONDS = 63_072_000
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.ONION_URL = "http://asks5678.onion"
    settings.ALLOWED_HOSTS = ["testserver", "asks5678.onion"]

    https = {"X-Forwarded-Proto": "https"}
    page = client.get("/en/", headers=https)
    onion = client.get("/en/", headers=https | {"Host": "asks5678.onion"})

    assert page["Strict-Transport-Security"].startswith("max-age=63072000")
    assert page.status_code == onion.status_code == HTTPStatus.OK
    assert client.get("/en/").url == "https://testserver/en/"


def test_static_files_are_what_they_say_and_for_this_site_alone(client, db):
    response = client.get(static("js/site.js"))

    assert b"".join(response)
    assert response.status_code == HTTPStatus.OK
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"


def test_the_admin_keeps_the_referrer_that_its_forms_are_checked_by(client, db):
    assert client.get("/admin/login/")["Referrer-Policy"] == "same-origin"


def test_every_page_has_the_quick_exit(client, campaign):
    for path in PAGES:
        page = client.get(path).content.decode()
        assert 'rel="noreferrer noopener"' in page
        assert 'href="https://www.wikipedia.org/"' in page
