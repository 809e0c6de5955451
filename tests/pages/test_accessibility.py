"""axe-core finds nothing on any page in any language, and nothing is wider than a small phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings

from tests.conftest import open_chromium
from tests.layout import misfits
from tests.pages.conftest import LANGUAGES

pytestmark = pytest.mark.browser
SITE = "http://site.example"
SMALLEST = {"width": 320, "height": 640}
# Contrast is the same in all languages, and takes axe longer than all other rules.
SCHEMES = [(language, "light") for language in LANGUAGES] + [("en", "dark")]
NO_CONTRAST = {"rules": {"color-contrast": {"enabled": False}}}
# What is in order needs no report.
FAULTS_ALONE = {"resultTypes": ["violations"]}


@pytest.mark.parametrize(("language", "scheme"), SCHEMES)
def test_axe_finds_nothing_and_nothing_is_too_wide(pages_in, show, language, scheme):
    axe, found, too_wide = Axe(), {}, {}
    pages = pages_in(language)

    with open_chromium() as chromium:
        context = chromium.new_context(viewport=SMALLEST, color_scheme=scheme)
        context.route(f"{SITE}/static/**", serve_static)
        tab = context.new_page()
        for page in pages:
            show_page(tab, page)
            assert tab.evaluate("document.styleSheets.length") == 1
            results = axe.run(tab, options=FAULTS_ALONE | ({} if language == "en" else NO_CONTRAST))
            if results.violations_count:
                found[page.name] = results.generate_report()
            if tab.evaluate("document.documentElement.scrollWidth") > SMALLEST["width"]:
                too_wide[page.name] = misfits(tab)

    show(f"axe, {language} {scheme}: {len(found)} pages with violations of {len(pages)}")
    assert found == {}
    assert too_wide == {}


def show_page(tab, page):
    """Show a page that was fetched before, under its own address and headers."""
    address = f"{SITE}{page.path}"
    answer = {"status": page.status, "body": page.html, "headers": page.headers}
    tab.route(address, lambda route: route.fulfill(**answer))
    assert tab.goto(address).text() == page.html
    tab.unroute(address)


def serve_static(route):
    route.fulfill(path=settings.STATIC_ROOT / route.request.url.partition("/static/")[2])
