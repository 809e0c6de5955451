"""The organizers' screens in a real browser: the policy that guards them does not break them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.exports.make import make_exports
from petitions.models import AuditEntry, Signature, Visibility
from tests.admin.conftest import sign_in
from tests.conftest import all_keys
from tests.makers import make_office, make_petition, make_signature
from tests.processes import Processes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCREENS = [
    "",
    "petitions/petition/",
    "petitions/petition/add/",
    "petitions/office/",
    "petitions/office/add/",
    "petitions/page/add/",
    "petitions/signature/",
    "petitions/signature/find/",
    "petitions/signature/queue/",
    "petitions/signature/hold/",
    "petitions/signature/compare/",
    "petitions/suspicion/",
    "petitions/hold/",
    "petitions/blockedword/add/",
    "petitions/export/",
    "petitions/export/add/",
    "petitions/export/key/",
    "petitions/import/",
    "petitions/import/paper/",
    "petitions/import/offices/",
    "petitions/personrequest/add/",
    "petitions/erasure/calendar/",
    "petitions/petitionupdate/add/",
    "petitions/newsletter/add/",
    "petitions/partner/",
    "petitions/batch/",
    "petitions/delivery/",
    "petitions/delivery/today/",
    "petitions/newsitem/",
    "petitions/pause/add/",
    "petitions/auditentry/",
    "auth/user/",
    "auth/user/add/",
    "password_change/",
]


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Those of the web server, which all tests here share."""
    with all_keys(tmp_path_factory.mktemp("keys")) as found:
        yield found


@pytest.fixture(scope="module")
def site(django_db_setup, keys, tmp_path_factory):
    started = Processes(tmp_path_factory.mktemp("site"))
    yield str(started.web().base_url).rstrip("/")
    started.stop()


@pytest.fixture
def page(chromium, site, django_user_model):
    """An organizer's browser, logged in, that remembers what went wrong."""
    session = Client()
    sign_in(session, django_user_model.objects.create_superuser("olga"))
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    cookie = session.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": site}])
    page = context.new_page()
    page.faults, page.hosts = [], set()
    page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else 0)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("request", lambda request: page.hosts.add(request.url.split("/")[2]))
    yield page
    context.close()


def test_every_screen_opens_without_a_fault_fits_and_loads_from_this_site_alone(site, page):
    petition = make_petition()
    make_office(petition)
    signature = make_signature(petition)
    close_batch(petition, now=timezone.now())
    screens = [
        *SCREENS,
        f"petitions/petition/{petition.pk}/change/",
        f"petitions/petition/{petition.pk}/texts/",
        f"petitions/petition/{petition.pk}/publication/",
        f"petitions/signature/{signature.pk}/change/",
    ]

    too_wide = []
    for screen in screens:
        page.goto(f"{site}/admin/{screen}")
        for width in (1440, 768, 360):
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                too_wide.append((screen, width))

    assert too_wide == []
    assert page.faults == []
    assert page.hosts == {site.removeprefix("http://")}


def test_the_texts_of_two_languages_stand_side_by_side(site, page):
    petition = make_petition()

    page.goto(f"{site}/admin/petitions/petition/{petition.pk}/texts/?left=en&right=uk")

    titles = [each.bounding_box() for each in page.get_by_label("Title", exact=True).all()]
    assert [title["y"] for title in titles] == [titles[0]["y"]] * 2
    assert titles[0]["x"] + titles[0]["width"] < titles[1]["x"]


def test_the_policy_stops_what_it_should(site, page):
    page.goto(f"{site}/admin/")

    page.evaluate("document.body.append(document.createElement('script'))")
    page.evaluate("document.body.lastChild.textContent = 'document.title = \"taken over\"'")

    assert page.title() != "taken over"
    assert any("Content Security Policy" in fault for fault in page.faults)


def test_names_are_shown_from_the_list(site, page):
    petition = make_petition()
    make_signature(petition, name="Ann Lee", visibility=Visibility.PUBLIC)
    make_signature(petition, name="Nonsense", visibility=Visibility.PUBLIC)

    page.goto(f"{site}/admin/petitions/signature/")
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("show_names")
    page.get_by_role("button", name="Run").click()
    page.get_by_label("Nonsense").uncheck()
    page.get_by_role("button", name="Show these names").click()
    page.get_by_text("1 name is shown on the site.").wait_for()

    assert list(Signature.objects.exclude(public_name="").values_list("public_name")) == [
        ("Ann Lee",)
    ]
    assert page.faults == []


def test_the_queue_of_names_is_worked_off_by_keys(site, page):
    petition = make_petition()
    for hours, name in enumerate(["Ann Lee", "Nonsense", "Eva Sun"]):
        signature = make_signature(petition, name=name, visibility=Visibility.PUBLIC)
        hour = signature.confirmed_hour - timedelta(hours=9 - hours)
        Signature.objects.filter(pk=signature.pk).update(confirmed_hour=hour)

    page.goto(f"{site}/admin/petitions/signature/queue/")
    for key in "ahkjjhz":
        page.keyboard.press(key)
    page.get_by_text("Taken back: it waits again.").wait_for()
    page.locator("li[data-current]").get_by_role("button", name="Show").click()
    page.get_by_text("Shown on the site.", exact=True).nth(1).wait_for()

    rows = Signature.objects.order_by("confirmed_hour").values_list("public_name", "name_hidden")
    assert list(rows) == [("Ann Lee", False), ("", True), ("Eva Sun", False)]
    assert page.faults == []


def test_a_filtered_list_is_downloaded(site, page):
    petition = make_petition()
    make_signature(petition, name="Ann Lee", country="DE")
    make_signature(petition, name="Bob", country="LT")

    page.goto(f"{site}/admin/petitions/signature/")
    page.get_by_text("Filters").first.click()
    page.locator("select[name=country]").select_option("DE", force=True)
    page.get_by_role("button", name="Apply Filters").click()
    page.get_by_role("link", name="Export 1 signature").click()
    page.get_by_label("Why?").fill("For the meeting in Geneva")
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_text("queued").wait_for()
    make_exports()
    # Its script has seen that it is ready.
    with page.expect_download() as download:
        page.get_by_role("link", name="Download", exact=True).click()

    content = download.value.path().read_text(encoding="utf-8-sig")
    assert "Ann Lee" in content
    assert "Bob" not in content
    assert "country: Germany" in AuditEntry.objects.last().selection
    assert page.faults == []


def test_an_address_typed_into_the_list_does_not_reach_the_address_line(site, page):
    page.goto(f"{site}/admin/petitions/signature/")

    page.locator("#searchbar").fill("ann@mail.example")
    page.locator("#searchbar").press("Enter")

    assert "ann" not in page.url


def test_the_letter_follows_what_is_typed_and_says_what_is_wrong(site, page):
    petition = make_petition()
    make_office(petition, name="Minister of <Trade>")

    page.goto(f"{site}/admin/petitions/petition/{petition.pk}/change/")
    page.get_by_role("link", name="Texts", exact=True).click()
    text = page.locator("#texts-data .form-group").first
    text.locator("[formaction$='/letters/']").scroll_into_view_if_needed()
    letter = text.frame_locator("iframe")
    letter.get_by_text("Dear Minister of <Trade>,").wait_for()
    text.locator("[name$=letter_subject]").fill("To {office} and {offcie}")
    text.locator("[name$=-letter]").fill("We are **{total}**.")

    letter.locator("strong", has_text="12,345").wait_for()
    text.get_by_text("There is no placeholder {offcie}.").wait_for()
    text.get_by_text("To Minister of <Trade> and {offcie}").wait_for()
    assert petition.texts.get().letter == "Please do the thing.\n\nYours faithfully,"
    assert page.faults == []
