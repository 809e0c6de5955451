"""Passing an ask on, in a real browser."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
PETITION = "/en/petitions/special-rapporteur/"


@pytest.fixture
def site(standing_site):
    return standing_site


@pytest.fixture
def browser(chromium):
    """A new context with these settings; all are closed with the test."""
    opened = []

    def new(**kwargs):
        opened.append(chromium.new_context(**kwargs))
        return opened[-1]

    yield new
    for context in opened:
        context.close()


def test_the_address_is_copied_by_keyboard_and_selected_by_hand_without_scripts(site, browser):
    page = browser(permissions=["clipboard-read", "clipboard-write"]).new_page()
    page.goto(site + PETITION)
    address = page.get_by_label("Address of this ask").input_value()
    assert address.endswith(PETITION)

    page.get_by_role("button", name="Copy").first.press("Enter")

    page.get_by_role("status").first.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == address

    plain = browser(java_script_enabled=False).new_page()
    plain.goto(site + PETITION)
    assert plain.get_by_label("Address of this ask").input_value() == address
    assert plain.get_by_role("button", name="Copy").count() == 0


def test_the_way_to_mastodon_needs_no_script_and_stays_on_the_site(site, browser):
    page = browser(java_script_enabled=False).new_page()
    page.goto(site + PETITION)

    page.get_by_label("Mastodon").fill("social.example")
    page.get_by_role("button", name="Get the link").click()

    assert page.url == f"{site}{PETITION}mastodon/?server=social.example"
    link = page.get_by_role("link", name="Go on to social.example").get_attribute("href")
    assert link.startswith("https://social.example/share?text=A%20petition%20to%20read")


@pytest.fixture
def partners_page(tmp_path):
    """Serves a page at an origin that is not ours; returns its address."""
    handler = partial(Quiet, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever).start()

        def serve(html):
            (tmp_path / "page.html").write_text(html)
            return f"http://127.0.0.1:{server.server_port}/page.html"

        yield serve
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.mark.parametrize("width", [280, 600])
def test_a_partners_page_shows_the_card_and_can_show_nothing_else_of_ours(
    site, browser, partners_page, width
):
    page = browser().new_page()
    frames = "".join(
        f'<iframe name="{name}" src="{site}{path}" width="{width}" height="360"></iframe>'
        for name, path in (("card", f"{PETITION}card/"), ("petition", PETITION))
    )
    page.goto(partners_page(f"<!DOCTYPE html>{frames}"))

    card = page.frame("card")
    assert card.get_by_role("link", name="Read and sign").is_visible()
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert card.evaluate(fits)
    assert page.frame("petition").get_by_role("heading").count() == 0
