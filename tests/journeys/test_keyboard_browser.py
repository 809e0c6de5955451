"""A person without a mouse, and people who see the page large, still or in colours of their own."""

from itertools import pairwise

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from petitions.content import load_campaign
from petitions.models import Petition, Signature, Tally, Visibility
from petitions.web.traps import READING_SECONDS
from tests.keyboard import REACHABLE, go_to, look, press, walk
from tests.layout import misfits, space_out
from tests.mailbox import link_in
from tests.makers import make_signature, make_wish
from tests.processes import until

pytestmark = pytest.mark.browser
DESK = {"viewport": {"width": 1280, "height": 720}}
PHONE = {"viewport": {"width": 360, "height": 640}}
# A window of 1280 by 1024 at 200% and at 400%.
TWICE = {"viewport": {"width": 640, "height": 512}, "device_scale_factor": 2}
FOUR_TIMES = {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 4}
PETITION = "/en/petitions/free-prisoners/"

MOVING = """() => [...document.querySelectorAll("*")]
  .flatMap((each) => ["", "::before", "::after"].map((pseudo) => getComputedStyle(each, pseudo)))
  .filter((style) => [style.transitionDuration, style.animationDuration]
    .some((times) => times.split(",").some((time) => parseFloat(time) > 0.01))
    || style.scrollBehavior === "smooth")
  .map((style) => style.cssText.slice(0, 80))"""

# Fields and buttons without a line around them, in a colour that stands out from the page.
UNFRAMED = """() => [...document.querySelectorAll(
    ".button, button, input:not([type=hidden], [type=radio], [type=checkbox]), select, textarea, progress")]
  .filter((each) => each.checkVisibility() && !each.closest(".unseen"))
  .filter((each) => {
    const style = getComputedStyle(each);
    return style.borderStyle === "none" || parseFloat(style.borderWidth) < 1
      || style.borderColor === getComputedStyle(document.body).backgroundColor;
  })
  .map((each) => each.outerHTML.slice(0, 80))"""

# The colour of words, of the lines around the map's tiles, and the one that progress is drawn in:
# browsers do not tell how they paint its parts.
FORCED = """() => [
  getComputedStyle(document.body).color,
  [...document.querySelectorAll(".map path")].map((tile) => getComputedStyle(tile).stroke),
  getComputedStyle(document.querySelector("progress")).getPropertyValue("--accent"),
]"""


@pytest.fixture
def browse(chromium):
    """A new page in a browser with these settings; all are closed with the test."""
    opened = []

    def new(**options):
        opened.append(chromium.new_context(**options))
        return opened[-1].new_page()

    yield new
    for context in opened:
        context.close()


@pytest.fixture
def site(processes):
    load_campaign(settings.CONTENT_DIR)
    processes.beat()
    processes.worker()
    return str(processes.web().base_url).rstrip("/")


@pytest.fixture
def pages(processes, ask):
    """The addresses of a living site's pages, a signer's own among them."""
    load_campaign(settings.CONTENT_DIR)
    petitions = list(Petition.objects.all())
    for petition in petitions:
        for country, count in {"UA": 900, "LT": 340, "DE": 120, "PL": 40}.items():
            Tally.objects.change(petition_ids=[petition.pk], country=country, by=count)
    named = make_signature(petitions[0], visibility=Visibility.PUBLIC)
    Signature.objects.filter(pk=named.pk).update(public_name="Zoë O'Neill")
    signer = ask(make_wish(petitions[0]), now=timezone.now())
    Client(HTTP_HOST="127.0.0.1").post(
        f"/en/confirm/{signer.confirm_token}/", {"petitions": [petitions[0].pk]}
    )
    waiting = ask(make_wish(*petitions, address="bo@mail.example"), now=timezone.now())
    site = str(processes.web().base_url).rstrip("/")
    return [
        f"{site}{path}"
        for path in (
            "/en/",
            PETITION,
            f"/en/confirm/{waiting.confirm_token}/",
            f"/en/receipt/{signer.withdraw_token}/",
            "/en/safety/",
            "/en/press/",
        )
    ]


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


@pytest.mark.parametrize(
    "options", [DESK, TWICE, FOUR_TIMES], ids=["desk", "200 percent", "400 percent"]
)
def test_tab_reaches_everything_in_the_order_of_the_eye_and_shows_where_it_is(
    pages, browse, options
):
    page = browse(**options)
    is_one_column = options != DESK
    for address in pages:
        page.goto(address)
        open_all(page)
        reachable = page.evaluate(REACHABLE)
        stops = list(walk(page))

        assert [(stop.name, stop.wrong) for stop in stops if stop.wrong] == []
        assert [[stop.number, stop.name] for stop in stops] == reachable
        assert out_of_order(stops, is_one_column=is_one_column) == []
        assert misfits(page) == []

        page.goto(address)
        open_all(page)
        back = list(walk(page, "Shift+Tab"))
        assert [stop.number for stop in reversed(back)] == [stop.number for stop in stops]
        assert [(stop.name, stop.wrong) for stop in back if stop.wrong] == []


def open_all(page):
    """As far as a person opens things; an open list of languages lies over the page."""
    page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")


def out_of_order(stops, *, is_one_column):
    """Pairs whose second stands before the first; of several columns, each by itself."""
    return [
        (before.name, stop.name)
        for before, stop in pairwise(stops)
        if (is_one_column or before.column == stop.column) and stop.stands_before(before)
    ]


@pytest.mark.parametrize("options", [PHONE, TWICE, FOUR_TIMES])
def test_the_open_list_of_languages_covers_nothing_on_the_way(pages, browse, options):
    page = browse(**options)
    page.goto(pages[1])
    page.locator(".languages").evaluate("each => each.open = true")

    stops = list(walk(page))
    assert [(stop.name, stop.wrong) for stop in stops if stop.wrong] == []
    assert out_of_order(stops, is_one_column=True) == []
    assert misfits(page) == []


@pytest.mark.parametrize("options", [DESK, FOUR_TIMES], ids=["desk", "400 percent"])
def test_more_space_between_lines_words_and_letters_cuts_nothing_off(pages, browse, options):
    page = browse(**options)
    for address in pages:
        page.goto(address)
        open_all(page)
        space_out(page)
        assert page.locator("main p").first.evaluate(
            "each => parseFloat(getComputedStyle(each).letterSpacing)"
            " / parseFloat(getComputedStyle(each).fontSize)"
        ) == pytest.approx(0.12, abs=0.01)
        assert misfits(page) == []


def test_nothing_moves_for_who_wants_it_still(pages, browse):
    """Today nothing moves for anybody; what will has to ask first."""
    page = browse(**DESK, reduced_motion="reduce")
    for address in pages:
        page.goto(address)
        assert page.evaluate(MOVING) == []


def test_in_forced_colours_fields_buttons_focus_and_figures_are_seen(pages, browse):
    page = browse(**DESK, forced_colors="active")
    for address in pages:
        page.goto(address)
        open_all(page)
        assert page.evaluate(UNFRAMED) == []
        assert [(stop.name, stop.wrong) for stop in walk(page) if stop.wrong] == []

    page.goto(pages[0])
    words, lines, progress = page.evaluate(FORCED)
    assert len(lines) > 4
    assert set(lines) == {words}
    assert progress == "CanvasText"


def test_the_map_and_the_focus_are_seen_in_a_dark_contrast_theme_too(pages, browse):
    page = browse(**DESK, forced_colors="active", color_scheme="dark")
    page.goto(pages[0])
    words, lines, progress = page.evaluate(FORCED)
    assert words == "rgb(255, 255, 255)"
    assert set(lines) == {words}
    assert progress == "CanvasText"
    assert [(stop.name, stop.wrong) for stop in walk(page) if stop.wrong] == []
