"""What the two small scripts do in a real browser: the proof of work and the quick exit."""

import time

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import expect

from petitions.models import SignRequest
from petitions.signatures import flood
from tests.makers import make_petition
from tests.processes import until

pytestmark = pytest.mark.browser
NEUTRAL = "https://www.wikipedia.org/"
SCRIPTS = django_settings.BASE_DIR / "static" / "js"


@pytest.fixture
def site(processes):
    make_petition()
    return str(processes.web().base_url).rstrip("/")


@pytest.fixture
def page(chromium):
    """A page whose every request to elsewhere is answered by the test, so that none leaves."""
    context = chromium.new_context()
    context.route(f"{NEUTRAL}**", lambda route: route.fulfill(body="A neutral page"))
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()


def test_the_scripts_are_small():
    sizes = {path.name: path.stat().st_size for path in SCRIPTS.iterdir()}

    assert sizes["proof.js"] < 2000
    assert sizes["leave.js"] < 1000
    # What checks receipts stands on one page.
    assert sizes["log_tree.js"] + sizes["log_check.js"] < 7000
    assert sum(sizes.values()) < 12_000


def test_in_a_flood_the_browser_works_while_the_form_is_filled_in_and_the_mail_does_not_wait(
    limits, site, page, show
):
    limits.set(flood.FLOOD, 1)
    page.goto(f"{site}/en/petitions/ask-1/")
    words = page.locator("[data-proof]")
    assert "the mail may take ten minutes" in words.inner_text()

    began = time.monotonic()
    page.get_by_role("textbox", name="Your name").type("Ann Lee")
    until(lambda: "has solved a small task" in words.inner_text(), seconds=60)
    show(f"the proof of work took Chromium {time.monotonic() - began:.1f} s")
    page.get_by_role("textbox", name="Email").fill("ann@mail.example")
    page.get_by_role("combobox", name="Country").select_option("LT")
    page.get_by_role("button", name="Sign", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Now check your mail")
    request = SignRequest.objects.get()
    assert request.mail_due_at == request.created_hour
    assert page.complaints == []


def test_the_quick_exit_leaves_no_way_back(site, page):
    page.goto(f"{site}/en/petitions/ask-1/")
    page.get_by_role("link", name="Leave this site quickly").click()
    page.wait_for_url(NEUTRAL)
    page.go_back()

    assert page.url == "about:blank"


def test_escape_pressed_three_times_leaves_too(site, page):
    page.goto(f"{site}/en/petitions/ask-1/")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert page.url.startswith(site)
    page.keyboard.press("Escape")
    page.wait_for_url(NEUTRAL)
    assert page.complaints == []


def test_the_quick_exit_is_a_plain_link_without_scripts(site, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/en/petitions/ask-1/")
    link = page.get_by_role("link", name="Leave this site quickly")

    assert link.get_attribute("href") == NEUTRAL
    assert link.get_attribute("rel") == "noreferrer noopener"
    assert link.bounding_box()["y"] < 100
    context.close()
