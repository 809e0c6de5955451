"""A supporter on a small phone, without scripts and without cookies."""

import json

import pytest
from playwright.sync_api import expect

from petitions.models import DataCopy, Petition, Signature, Tally
from petitions.web.traps import READING_SECONDS
from tests.mailbox import link_in
from tests.processes import until

pytestmark = pytest.mark.browser
PHONE = {"width": 360, "height": 640}


@pytest.fixture
def phone(chromium):
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture
def desk(chromium):
    """A browser with scripts."""
    context = chromium.new_context(java_script_enabled=True)
    yield context.new_page()
    context.close()


def fits(page):
    """Nothing is wider than the phone."""
    return page.locator("html").bounding_box()["width"] <= PHONE["width"]


def test_a_supporter_signs_confirms_and_leaves_on_a_phone(site, phone, mailbox):
    hosts = set()
    phone.on("request", lambda request: hosts.add(request.url.split("/")[2]))

    phone.goto(f"{site}/en/")
    phone.locator("a[href$='/petitions/free-prisoners/']").first.click()
    assert fits(phone)
    phone.get_by_role("textbox", name="Email").fill("ann@mail")
    phone.get_by_role("button", name="Sign", exact=True).click()
    expect(phone.get_by_role("alert").get_by_role("link")).to_have_count(3)
    assert phone.get_by_role("textbox", name="Email").input_value() == "ann@mail"
    assert fits(phone)

    phone.wait_for_timeout(1000 * READING_SECONDS)
    phone.get_by_role("textbox", name="Your name").fill("Zoë Lee")
    phone.get_by_role("textbox", name="Email").fill("zoe@mail.example")
    phone.get_by_role("combobox", name="Country").select_option("LT")
    phone.get_by_role("button", name="Sign", exact=True).click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Now check your mail")
    # The history shows the petition that was read, not that somebody signed it.
    assert phone.url.endswith("/en/petitions/free-prisoners/#sign-this")
    assert phone.title() == "Five Asks"
    assert fits(phone)

    (mail,) = until(lambda: mailbox.mails_to("zoe@mail.example"), seconds=30)
    phone.goto(site + link_in(mail, "confirm"))
    phone.get_by_role("checkbox").check()
    phone.get_by_role("button").click()
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    assert fits(phone)
    petition = Petition.objects.get(slug="free-prisoners")
    assert Tally.objects.by_petition() == {petition.pk: 1}

    phone.get_by_role("button", name="I agree, and sign").first.click()
    expect(phone.get_by_role("status")).to_contain_text("You have signed")
    assert sum(Tally.objects.by_petition().values()) == 2

    phone.goto(site + link_in(mail, "receipt"))
    assert phone.get_by_text("Waits for the next letter").count() >= 1
    assert fits(phone)
    phone.get_by_role("button", name="Erase everything").click()
    expect(phone.get_by_role("heading", name="Erased")).to_be_visible()
    assert not Signature.objects.exists()
    assert phone.context.cookies() == []
    assert hosts == {site.removeprefix("http://")}


def test_with_scripts_no_secret_stays_in_the_history_and_every_button_works(site, desk, mailbox):
    problems = []
    desk.on("pageerror", lambda error: problems.append(str(error)))
    desk.on("console", lambda message: problems.append(message.text))
    ticked_nothing = "Failed to load resource: the server responded with a status of 422"
    desk.goto(f"{site}/en/petitions/free-prisoners/")
    desk.get_by_role("textbox", name="Your name").fill("Zoë Lee")
    desk.get_by_role("textbox", name="Email").fill("zoe@mail.example")
    desk.get_by_role("combobox", name="Country").select_option("LT")
    desk.wait_for_timeout(1000 * READING_SECONDS)
    desk.get_by_role("button", name="Sign", exact=True).click()
    (mail,) = until(lambda: mailbox.mails_to("zoe@mail.example"), seconds=30)
    plain = f"{site}/en/"

    desk.goto(site + link_in(mail, "confirm"))
    desk.wait_for_url(plain)
    desk.get_by_role("button", name="Confirm and sign").click()
    expect(desk.get_by_role("alert")).to_be_focused()
    desk.get_by_role("checkbox").check()
    desk.get_by_role("button", name="Confirm and sign").click()
    expect(desk.get_by_role("heading", name="Thank you")).to_be_visible()
    desk.wait_for_url(plain)
    desk.get_by_role("button", name="I agree, and sign").first.click()
    expect(desk.get_by_role("status").first).to_contain_text("You have signed")

    desk.goto(site + link_in(mail, "receipt"))
    desk.wait_for_url(plain)
    assert desk.title() == "Five Asks"
    desk.get_by_text("Change who sees your name").first.click()
    desk.get_by_role("button", name="Public").first.click()
    expect(desk.get_by_role("status")).to_contain_text("Your choice is kept.")
    desk.get_by_role("button", name="Make a copy").click()
    expect(desk.get_by_role("link", name="Look again")).to_be_visible()
    until(lambda: not DataCopy.objects.to_be_made().exists(), seconds=30)
    desk.get_by_role("link", name="Look again").click()
    with desk.expect_download() as download:
        desk.get_by_role("button", name="Save the copy").click()
    names = [each["name"] for each in json.loads(download.value.path().read_text())["signatures"]]
    assert names == ["Zoë Lee", "Zoë Lee"]
    desk.get_by_role("button", name="Erase everything").click()
    expect(desk.get_by_role("heading", name="Erased")).to_be_visible()
    assert not Signature.objects.exists()
    desk.wait_for_url(plain)
    assert [each for each in problems if not each.startswith(ticked_nothing)] == []
