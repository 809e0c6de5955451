"""A supporter on a small phone, without scripts and without cookies."""

import pytest
from django.conf import settings

from petitions.content import load_campaign
from petitions.models import Petition, Signature, Tally
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
def site(processes):
    load_campaign(settings.CONTENT_DIR)
    processes.beat()
    processes.worker()
    return str(processes.web().base_url).rstrip("/")


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
    assert phone.get_by_role("alert").get_by_role("link").count() == 3
    assert phone.get_by_role("textbox", name="Email").input_value() == "ann@mail"
    assert fits(phone)

    phone.wait_for_timeout(1000 * READING_SECONDS)
    phone.get_by_role("textbox", name="Your name").fill("Zoë Lee")
    phone.get_by_role("textbox", name="Email").fill("zoe@mail.example")
    phone.get_by_role("combobox", name="Country").select_option("LT")
    phone.get_by_role("button", name="Sign", exact=True).click()
    assert phone.get_by_role("heading", level=1).inner_text() == "Now check your mail"
    # The history shows the petition that was read, not that somebody signed it.
    assert phone.url.endswith("/en/petitions/free-prisoners/#sign-this")
    assert phone.title() == "Five Asks"
    assert fits(phone)

    (mail,) = until(lambda: mailbox.mails_to("zoe@mail.example"), seconds=30)
    phone.goto(site + link_in(mail, "confirm"))
    phone.get_by_role("checkbox").check()
    phone.get_by_role("button").click()
    assert phone.url.endswith("/en/confirmed/#content")
    petition = Petition.objects.get(slug="free-prisoners")
    assert Tally.objects.by_petition() == {petition.pk: 1}

    phone.goto(site + link_in(mail, "withdraw"))
    phone.get_by_role("button").click()
    assert not Signature.objects.exists()
    assert phone.context.cookies() == []
    assert hosts == {site.removeprefix("http://")}
