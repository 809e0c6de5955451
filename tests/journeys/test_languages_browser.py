"""A reader whose browser prefers another language than the page's."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
NARROW = {"width": 320, "height": 640}


@pytest.fixture
def site(standing_site):
    return standing_site


@pytest.fixture
def open_page(chromium, site):
    """Opens a path of the site in a fresh browser on a narrow phone."""
    contexts = []

    def visit(path, **options):
        contexts.append(chromium.new_context(viewport=NARROW, **options))
        page = contexts[-1].new_page()
        page.goto(f"{site}{path}")
        return page

    yield visit
    for context in contexts:
        context.close()


def offers(page):
    """The lines that a reader sees."""
    return [line.inner_text() for line in page.locator(".suggestion").all() if line.is_visible()]


def test_a_reader_is_offered_the_language_that_the_browser_prefers(open_page, site):
    page = open_page("/en/safety/", locale="uk-UA")

    assert offers(page) == ["Ця сторінка є також українською."]
    page.get_by_text("українською").click()
    page.wait_for_url(f"{site}/uk/safety/")
    assert offers(page) == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert page.context.cookies() == []


@pytest.mark.parametrize("locale", ["en-GB", "ja-JP"])
def test_who_reads_the_pages_language_or_none_of_ours_is_left_alone(open_page, locale):
    assert offers(open_page("/en/safety/", locale=locale)) == []


def test_without_scripts_the_switcher_leads_to_the_same_page(open_page, site):
    page = open_page("/en/safety/", locale="uk-UA", java_script_enabled=False)
    assert offers(page) == []

    page.locator(".languages summary").click()
    assert page.locator("html").bounding_box()["width"] <= NARROW["width"]
    menu = page.locator(".languages ul").bounding_box()
    assert menu["x"] >= 0
    assert menu["x"] + menu["width"] <= NARROW["width"]
    page.get_by_role("link", name="Беларуская", exact=True).click()

    page.wait_for_url(f"{site}/be/safety/")
    assert page.locator("html").get_attribute("lang") == "be"
