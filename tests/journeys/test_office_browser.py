"""An official follows the link in a letter: without scripts, on a phone and at a desk."""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from playwright.sync_api import expect

from petitions.models import Answer, Office, OfficeAction
from tests.layout import misfits
from tests.mailbox import link_in
from tests.makers import make_office, make_petition, make_signature
from tests.processes import until

pytestmark = pytest.mark.browser
SIZES = [(360, "light"), (768, "dark"), (1440, "light"), (360, "dark"), (1440, "dark")]


@pytest.fixture
def official(chromium):
    context = chromium.new_context(
        viewport={"width": 360, "height": 640}, java_script_enabled=False
    )
    page = context.new_page()
    yield page
    assert context.cookies() == []
    context.close()


@pytest.fixture
def link(processes, mailbox):
    """Of the office's page, as its letter has it."""
    petition = make_petition()
    make_office(petition, name="Foreign Minister")
    make_signature(petition, name="Ann O'Neill")
    call_command("deliver")
    (letter,) = mailbox.mails_to("minister@office.example")
    processes.worker(queues="letters,reports")
    processes.beat()
    return str(processes.web().base_url).rstrip("/") + link_in(letter, "institution")


def fits(page):
    return page.locator("html").bounding_box()["width"] <= page.viewport_size["width"]


def test_an_official_confirms_downloads_answers_and_stops_without_scripts(official, link):
    official.goto(link)
    assert fits(official)
    official.get_by_role("button", name="Confirm receipt").click()
    expect(official.get_by_role("status")).to_contain_text("The receipt is noted")

    official.get_by_role("button", name="Make the files").click()
    expect(official.get_by_role("status")).to_contain_text("being made")

    def look_again():
        ready = official.get_by_role("button", name="Download signers-ask-1-1.csv")
        if not ready.count():
            official.get_by_role("link", name="Look again").click()
        return ready.count()

    until(look_again, seconds=60)
    with official.expect_download() as download:
        official.get_by_role("button", name="Download signers-ask-1-1.csv").click()
    assert "Ann O'Neill" in download.value.path().read_text("utf-8-sig")

    official.get_by_role("radio", name="Another office").check()
    official.get_by_role("textbox", name="Email address").fill("other@office")
    official.get_by_role("button", name="Send the address").click()
    expect(official.get_by_role("alert").get_by_role("link")).to_have_count(2)
    assert official.get_by_role("textbox", name="Email address").input_value() == "other@office"
    assert official.get_by_role("radio", name="Another office").is_checked()
    assert fits(official)

    official.get_by_role("textbox", name="Your answer").fill("We act.")
    official.get_by_role("button", name="Send the answer").click()
    expect(official.get_by_role("status")).to_contain_text("once an organizer has looked at it")
    assert not Answer.objects.get().public

    official.get_by_role("checkbox", name="wants no more letters").check()
    official.get_by_role("button", name="Stop the letters").click()
    expect(official.get_by_role("status")).to_contain_text("No more letters go to this office")
    assert not Office.objects.get().active
    kinds = OfficeAction.objects.values_list("kind", flat=True)
    assert sorted(kinds) == ["answer", "confirm", "download", "stop"]


def test_the_page_fits_every_screen_and_is_legible_in_the_light_and_in_the_dark(chromium, link):
    for width, scheme in SIZES:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        page = context.new_page()
        page.goto(link)
        page.get_by_role("button", name="Send the answer").click()
        expect(page.get_by_role("alert")).to_be_focused()

        assert misfits(page) == [], (width, scheme)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        if folder := os.environ.get("PICTURES"):
            page.screenshot(path=f"{folder}/office-{width}-{scheme}.png", full_page=True)
        context.close()
