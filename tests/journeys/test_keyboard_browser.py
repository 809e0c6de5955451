"""People who go by keys, or see the pages large, still or in colours of their own."""

from itertools import pairwise

import pytest
from django.test import Client
from django.utils import timezone

from petitions.models import Petition, Signature, Tally, Visibility
from tests.conftest import ask_now
from tests.keyboard import REACHABLE, walk
from tests.layout import misfits, space_out
from tests.makers import make_signature, make_wish

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
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


@pytest.fixture(scope="module")
def pages(standing_site):
    """The addresses of a living site's pages, a signer's own among them."""
    petitions = list(Petition.objects.all())
    for petition in petitions:
        for country, count in {"UA": 900, "LT": 340, "DE": 120, "PL": 40}.items():
            Tally.objects.change(petition_ids=[petition.pk], country=country, by=count)
    named = make_signature(petitions[0], visibility=Visibility.PUBLIC)
    Signature.objects.filter(pk=named.pk).update(public_name="Zoë O'Neill")
    signer = ask_now(make_wish(petitions[0]), now=timezone.now())
    Client(HTTP_HOST="127.0.0.1").post(
        f"/en/confirm/{signer.confirm_token}/", {"petitions": [petitions[0].pk]}
    )
    waiting = ask_now(make_wish(*petitions, address="bo@mail.example"), now=timezone.now())
    return [
        f"{standing_site}{path}"
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
