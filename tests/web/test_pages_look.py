"""What holds for every public page: its structure, its weight, its colours."""

import re
from html.parser import HTMLParser
from http import HTTPStatus

import brotli
import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone

from petitions.content import campaign
from petitions.delivery.batches import close_batch
from petitions.delivery.office_pages import page_url
from petitions.models import Page
from petitions.web import bundles, errors
from tests.makers import make_office, make_petition, make_signature, make_wish

STYLES = {
    path.stem: path.read_text() for path in (settings.BASE_DIR / "static" / "css").glob("*.css")
}
GOOD = {
    "name": "Bo Lee",
    "email": "bo@mail.example",
    "country": "LT",
    "visibility": "officials",
}


class Reader(HTMLParser):
    """Collects tags with their attributes."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]

    def values(self, attribute):
        return [attrs[attribute] for _, attrs in self.tags if attrs.get(attribute)]


@pytest.fixture
def petitions(db, keys):
    Page.objects.create(slug="home", language="en", title="Home", lead="Why.", body="Because.")
    Page.objects.create(slug="safety", language="en", title="Before you sign", body="Mind.")
    petitions = [make_petition(number) for number in (1, 2)]
    make_office(*petitions, name="Foreign Minister", country="LT")
    make_office(*petitions, name="High Commissioner", country="")
    return petitions


@pytest.fixture
def pages(client, petitions, ask):
    """Every kind of page by its name."""
    mailing = ask(make_wish(*petitions), now=timezone.now())
    make_signature(petitions[0])
    batch = close_batch(petitions[0], now=timezone.now())
    link = page_url(batch.deliveries.first())
    office_page = f"/en{link.removeprefix(settings.SITE_URL)}"
    addresses = {
        "home": "/en/",
        "petition": "/en/petitions/ask-1/",
        "page": "/en/safety/",
        "confirm": f"/en/confirm/{mailing.confirm_token}/",
        "link not valid": "/en/confirm/no-such-link/",
        "waiting request": f"/en/receipt/{mailing.withdraw_token}/",
        "nothing stored": "/en/receipt/no-such-link/",
        "stop news": "/en/news/no-such-link/stop/",
        "office page": office_page,
        "office page nowhere": "/en/institution/no-such-link/",
        "not found": "/en/no-such-page/",
    }
    pages = {name: client.get(address).content.decode() for name, address in addresses.items()}
    receipt = addresses["waiting request"]
    posts = {
        "wrong": (addresses["petition"], {"name": "12"}),
        "wrong on office page": (office_page, {"do": "address", "email": "12"}),
        "check your mail": (addresses["petition"], GOOD),
        "confirmed": (addresses["confirm"], {"petitions": [petitions[0].pk]}),
        "offer not valid": ("/en/asks/", {"sign": "no-such-offer"}),
        "receipt": (receipt, {"do": "make-copy"}),
        "withdrawn": (receipt, {"do": "withdraw-all"}),
        "news stopped": ("/en/news/no-such-link/stop/", {"do": "end-news"}),
    }
    return pages | {
        name: client.post(address, typed).content.decode()
        for name, (address, typed) in posts.items()
    }


# In a browser's history the title of these pages must not tell that somebody signed.
PRIVATE = {
    "confirm",
    "confirmed",
    "link not valid",
    "news stopped",
    "nothing stored",
    "offer not valid",
    "receipt",
    "stop news",
    "waiting request",
    "withdrawn",
}


def test_each_page_has_one_heading_and_a_language(pages):
    for page in map(Reader, pages.values()):
        assert len(page.all("h1")) == 1
        assert page.all("html") == [{"lang": "en"}]


LOADED = {"icon", "stylesheet"}


def test_each_page_has_a_title_of_its_own_but_those_that_would_give_a_signer_away(pages):
    titles = {
        name: re.search(r"<title>(.*?)</title>", page, re.DOTALL)[1] for name, page in pages.items()
    }
    private = {titles.pop(name) for name in {*PRIVATE, "check your mail"}}

    assert private == {campaign()["name"]}
    assert len(set(titles.values()) | private) == len(titles) + 1


def test_pages_that_would_give_a_signer_away_leave_a_plain_address_in_the_history(pages):
    for name, html in pages.items():
        page = Reader(html)
        scripts = [each for each in page.all("script") if "data-address" in each]
        assert [each["data-address"] for each in scripts] == ["/en/"] * (name in PRIVATE), name
        if name in PRIVATE:
            assert all(form.get("action", "").startswith("/en/") for form in page.all("form")), name


def test_no_page_has_inline_scripts_or_styles_or_anything_from_elsewhere(pages):
    for name, html in pages.items():
        page = Reader(html)
        assert all("src" in script for script in page.all("script")), name
        assert not re.search(r"<script[^>]*>[^<]+", html), name
        assert not page.all("style"), name
        assert not page.values("style") + page.values("onclick"), name
        links = [link["href"] for link in page.all("link") if link.get("rel") in LOADED]
        loaded = links + page.values("src")
        assert loaded, name
        assert all(address.startswith("/static/") for address in loaded), name


def test_no_id_stands_twice_and_every_reference_has_its_target(pages):
    for name, html in pages.items():
        page = Reader(html)
        ids = page.values("id")
        assert len(ids) == len(set(ids)), name
        described = " ".join(page.values("aria-describedby") + page.values("aria-labelledby"))
        jumps = [href[1:] for href in page.values("href") if href.startswith("#")]
        assert set(described.split()) | set(jumps) | set(page.values("for")) <= set(ids), name


def test_after_a_mistake_the_focus_goes_to_the_list_of_what_is_wrong(pages):
    page = Reader(pages["wrong"])

    (summary,) = [attrs for _, attrs in page.tags if attrs.get("role") == "alert"]
    (form,) = [form for form in page.all("form") if form["method"] == "post"]
    assert summary["tabindex"] == "-1"
    assert form["action"].endswith(f"#{summary['id']}")
    wrong = [attrs for _, attrs in page.tags if attrs.get("aria-invalid") == "true"]
    assert len(wrong) == 4
    assert all("_error" in attrs["aria-describedby"] for attrs in wrong)


def test_the_consent_names_the_controller_and_every_office_with_its_country(pages):
    controller = campaign()["controller"]

    for words in (controller["name"], controller["email"], "Foreign Minister", "Lithuania"):
        assert words in pages["confirm"]
    assert re.search(r"International\s*</h3>.*High Commissioner", pages["confirm"], re.DOTALL)


def test_when_storage_is_away_what_was_typed_waits_in_the_page():
    typed = [("name", 'Ann "O\'Neill"'), ("comment", "one\ntwo"), ("also", "a"), ("also", "b")]

    page = Reader(
        render_to_string("errors/unavailable.html", {"typed": typed}, RequestFactory().get("/"))
    )

    assert [(field["name"], field["value"]) for field in page.all("input")] == typed
    assert page.all("form") == [{"method": "post"}]


@pytest.mark.urls("tests.web.no_urls")
def test_error_pages_need_neither_the_database_nor_public_addresses():
    request = RequestFactory().get("/")

    responses = [
        errors.bad_request(request, ValueError()),
        errors.forbidden(request, ValueError()),
        errors.not_found(request, ValueError()),
        errors.server_error(request),
    ]

    assert [response.status_code for response in responses] == [
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.INTERNAL_SERVER_ERROR,
    ]
    assert all(b"<h1>" in response.content for response in responses)


# --- Style sheets


def test_the_style_sheet_is_small_and_in_layers():
    assert set(STYLES) == set(bundles.LAYERS)
    assert len(brotli.compress(bundles.stylesheet())) < 6_000
    for name, sheet in STYLES.items():
        assert "!important" not in sheet, name
        assert "url(" not in sheet, name
        assert not re.search(r"^\s*[^:{};]*#[a-z][\w-]*[^;]*\{", sheet, re.MULTILINE), name
        outside = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL).strip()
        assert outside.startswith(f"@layer {name} {{"), name
        assert outside.endswith("\n}"), name


def test_colours_stand_in_tokens_only():
    assert re.search(r"#[0-9a-f]{3,6}\b", STYLES["tokens"])
    for name in set(STYLES) - {"tokens", "print"}:
        assert not re.search(r"#[0-9a-f]{3,8}\b|rgb\(|hsl\(", STYLES[name]), name


LEGIBLE = 4.5
VISIBLE = 3
PAIRS = [
    ("ink", "paper", LEGIBLE),
    ("ink", "sheet", LEGIBLE),
    ("ink", "wash", LEGIBLE),
    ("soft", "paper", LEGIBLE),
    ("soft", "sheet", LEGIBLE),
    ("accent", "paper", LEGIBLE),
    ("accent", "sheet", LEGIBLE),
    ("accent", "wash", LEGIBLE),
    ("pressed", "paper", LEGIBLE),
    ("on-accent", "accent", LEGIBLE),
    ("on-accent", "pressed", LEGIBLE),
    ("on-band", "band", LEGIBLE),
    ("band-link", "band", LEGIBLE),
    ("wrong", "sheet", LEGIBLE),
    ("edge", "sheet", VISIBLE),
    ("accent", "copy", VISIBLE),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_colours_have_the_contrast_of_wcag_2_2_aa(scheme, front, back, least):
    light, dark = STYLES["tokens"].split("@media (prefers-color-scheme: dark)")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", light))
    if scheme == "dark":
        colours |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", dark))

    brighter, darker = sorted((luminance(colours[front]), luminance(colours[back])), reverse=True)

    assert (brighter + 0.05) / (darker + 0.05) >= least


def luminance(colour):
    """Of #rgb or #rrggbb, by WCAG 2.2's definition of relative luminance."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
