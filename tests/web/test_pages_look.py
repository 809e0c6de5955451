"""What holds for every public page: its structure, its weight, its colours."""

import re
from html.parser import HTMLParser
from http import HTTPStatus

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone

from petitions.content import campaign
from petitions.models import Page
from petitions.web import errors
from tests.makers import make_office, make_petition, make_wish

GOOD = {
    "name": "Bo Lee",
    "email": "bo@mail.example",
    "country": "LT",
    "visibility": "officials",
}
STYLES = sorted((settings.BASE_DIR / "static" / "css").glob("*.css"))


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
    addresses = {
        "home": "/en/",
        "petition": "/en/petitions/ask-1/",
        "page": "/en/safety/",
        "confirm": f"/en/confirm/{mailing.confirm_token}/",
        "confirmed": "/en/confirmed/",
        "link not valid": "/en/confirm/no-such-link/",
        "withdraw": f"/en/withdraw/{mailing.withdraw_token}/",
        "nothing stored": "/en/withdraw/no-such-link/",
        "not found": "/en/no-such-page/",
    }
    return {name: client.get(address).content.decode() for name, address in addresses.items()} | {
        "wrong": client.post(addresses["petition"], {"name": "12"}).content.decode(),
        "check your mail": client.post(addresses["petition"], GOOD).content.decode(),
        "withdrawn": client.post(addresses["withdraw"]).content.decode(),
    }


def test_each_page_has_one_heading_a_language_and_a_title_of_its_own(pages):
    titles = [re.search(r"<title>(.*?)</title>", page, re.DOTALL)[1] for page in pages.values()]

    for page in map(Reader, pages.values()):
        assert len(page.all("h1")) == 1
        assert page.all("html") == [{"lang": "en"}]
    assert len(set(titles)) == len(pages)


def test_no_page_has_inline_scripts_or_styles_or_anything_from_elsewhere(pages):
    for name, html in pages.items():
        page = Reader(html)
        assert not page.all("style"), name
        assert all(script.get("src") for script in page.all("script")), name
        assert not page.values("style") + page.values("onclick"), name
        loaded = [link["href"] for link in page.all("link")] + page.values("src")
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
    (form,) = page.all("form")
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


def test_the_style_sheets_are_few_small_and_in_layers():
    sheets = {path.name: path.read_text() for path in STYLES}

    assert list(sheets) == ["base.css", "pages.css", "parts.css"]
    assert sum(len(sheet.encode()) for sheet in sheets.values()) < 15_000
    for name, sheet in sheets.items():
        assert "!important" not in sheet, name
        assert "url(" not in sheet, name
        assert not re.search(r"^\s*[^:{};]*#[a-z][\w-]*[^;]*\{", sheet, re.MULTILINE), name
        outside = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
        assert re.fullmatch(
            r"\s*(@layer [\w, ]+;\s*)?(@layer \w+ \{\n.*?\n\}\s*)+", outside, re.DOTALL
        )


def test_colours_stand_in_tokens_only():
    tokens, rest = STYLES[0].read_text().split("@layer base {")

    assert re.search(r"#[0-9a-f]{3,6}\b", tokens)
    for text in (rest, *(path.read_text().split("@layer print")[0] for path in STYLES[1:])):
        assert not re.search(r"#[0-9a-f]{3,8}\b|rgb\(|hsl\(", text)


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
    light, dark = STYLES[0].read_text().split("@media (prefers-color-scheme: dark)")
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
