"""A person without a mouse signs, from the home page to the last button."""

import pytest

from petitions.models import Petition, Signature, Visibility
from petitions.web.traps import READING_SECONDS
from tests.keyboard import go_to, look, press
from tests.layout import misfits
from tests.mailbox import link_in
from tests.processes import until

pytestmark = pytest.mark.browser
DESK = {"viewport": {"width": 1280, "height": 720}}
PHONE = {"viewport": {"width": 360, "height": 640}}
PETITION = "/en/petitions/free-prisoners/"


@pytest.mark.parametrize(
    "options",
    [DESK, PHONE | {"java_script_enabled": False}],
    ids=["desk", "phone without scripts"],
)
def test_with_keys_alone_somebody_signs_mends_mistakes_confirms_and_withdraws(
    site, browse, mailbox, options
):
    page = browse(**options)
    page.goto(f"{site}/en/")
    skip_to_the_content(page)
    go_to(page, Petition.objects.get(slug="free-prisoners").text.title)
    send(page)
    assert page.url == f"{site}{PETITION}"

    skip_to_the_content(page)
    go_to(page, "Your name")
    send(page)
    mend_the_form(page)
    page.wait_for_timeout(1000 * READING_SECONDS)
    go_to(page, "Sign")
    send(page)
    assert heading(page) == "Now check your mail"
    assert misfits(page) == []

    (mail,) = until(lambda: mailbox.mails_to("zoe@mail.example"), seconds=30)
    page.goto(site + link_in(mail, "confirm"))
    confirm(page)
    assert heading(page) == "Thank you"
    assert misfits(page) == []
    assert Signature.objects.get().visibility == Visibility.PUBLIC

    page.goto(site + link_in(mail, "receipt"))
    open_and_press(page, "Change who sees your name", "Officials only")
    assert "Your choice is kept." in page.get_by_role("status").inner_text()
    assert Signature.objects.get().visibility == Visibility.OFFICIALS
    open_and_press(page, "Withdraw this signature", "Withdraw this signature")
    assert heading(page) == "Erased"
    assert not Signature.objects.exists()


def send(page):
    with page.expect_navigation():
        page.keyboard.press("Enter")


def skip_to_the_content(page):
    """The first Tab shows the link that leads past the masthead."""
    skip = press(page, "Tab")
    assert skip.name == "Skip to the content"
    assert skip.wrong == []
    assert press(page, "Enter").id == "content"


def mend_the_form(page):
    """After a form that was sent empty."""
    said = problems(page)
    assert said == {
        "Please type your name, or choose “Only count me” below.": "id_name",
        "Please type your email address: we send the link to confirm to it.": "id_email",
        "Please choose the country you live in.": "id_country",
    }
    assert misfits(page) == []

    for turn, (error, field) in enumerate(said.items()):
        go_to(page, error, "Shift+Tab" if turn else "Tab")
        assert press(page, "Enter").id == field
        assert look(page).wrong == []
        assert error in described(page)
    page.keyboard.type("Lithuania")
    assert page.get_by_role("combobox").input_value() == "LT"
    go_to(page, "Email", "Shift+Tab")
    page.keyboard.type("zoe@mail.example")
    go_to(page, "Your name", "Shift+Tab")
    page.keyboard.type("Zoë Lee")

    go_to(page, "Add a postcode or a comment")
    assert press(page, "Enter", "Enter", "Tab").name == "Postcode (optional)"
    officials = press(page, "Tab", "Tab")
    assert officials.name.startswith("Officials only")
    assert press(page, "ArrowDown").name.startswith("Public")
    go_to(page, "Send me news of this campaign by email.")
    page.keyboard.press("Space")
    assert page.get_by_label("Send me news").is_checked()
    page.keyboard.press("Space")


def problems(page):
    """What the list of mistakes says, and the field that each links to; it has the focus."""
    assert look(page).role == "alert"
    links = page.get_by_role("alert").get_by_role("link").all()
    return {link.inner_text(): link.get_attribute("href").partition("#")[2] for link in links}


def described(page):
    """What is read out with the field that has the focus and is not right."""
    field = page.locator(":focus[aria-invalid='true']")
    described_by = field.get_attribute("aria-describedby").split()
    return [page.locator(f"[id='{each}']").inner_text() for each in described_by]


def confirm(page):
    """First without the tick that it needs."""
    assert misfits(page) == []
    go_to(page, "Confirm and sign")
    send(page)
    said = problems(page)
    assert said == {"Please tick each ask that you want to sign.": "id_petitions_0"}
    go_to(page, *said)
    assert press(page, "Enter").id == "id_petitions_0"
    page.keyboard.press("Space")
    go_to(page, "Confirm and sign")
    send(page)


def open_and_press(page, summary, button):
    go_to(page, summary)
    page.keyboard.press("Enter")
    go_to(page, button)
    send(page)


def heading(page):
    return page.get_by_role("heading", level=1).inner_text()
