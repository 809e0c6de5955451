"""What every public page promises a browser."""

import re

import pytest
from django.conf import settings

from petitions.content import load_campaign

PAGES = [
    "/en/",
    "/en/petitions/special-rapporteur/",
    "/en/check-your-mail/",
    "/en/confirm/x/",
    "/en/receipt/x/",
    "/en/safety/",
    "/en/privacy/",
    "/en/press/",
    "/en/partners/",
    "/en/petitions/special-rapporteur/mastodon/?server=social.example",
    "/en/no-such-page/",
]


@pytest.fixture
def campaign(db, keys):
    load_campaign(settings.CONTENT_DIR)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_sets_no_cookie_runs_no_inline_script_and_loads_nothing_from_elsewhere(
    client, campaign, path
):
    response = client.get(path)

    assert not response.cookies
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in f"{policy};"
    assert "frame-ancestors 'none'" in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    page = response.content.decode()
    assert re.findall(r"<script(?![^>]* src=)", page) == []
    assert " style=" not in page
    named = r'<link rel="(?:canonical|alternate)"[^>]*>'
    loaded = re.findall(
        r'<(?:link|script|img|source|iframe)[^>]*(?:href|src)="([^"]+)"', re.sub(named, "", page)
    )
    assert loaded
    assert [each for each in loaded if not each.startswith("/")] == []


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
