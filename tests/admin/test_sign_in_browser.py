"""The door of the organizers' room in a real browser, with an app and with a passkey."""

import re

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import User
from django.utils import timezone

from tests.layout import misfits
from tests.processes import Processes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORD = "correct horse battery"


@pytest.fixture
def site(keys, tmp_path):
    started = Processes(tmp_path)
    address = str(started.web(ALLOWED_HOSTS="127.0.0.1,localhost").base_url).rstrip("/")
    # Passkeys belong to a name, which 127.0.0.1 is not.
    yield address.replace("127.0.0.1", "localhost")
    started.stop()


@pytest.fixture
def olga():
    return User.objects.create_superuser("olga", password=WORD)


@pytest.fixture
def page(chromium):
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.faults = []
    page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else 0)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    yield page
    context.close()


def type_password(page, site):
    page.goto(f"{site}/admin/")
    page.get_by_label("Username").fill("olga")
    page.get_by_label("Password").fill(WORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def confirm_password(page):
    page.get_by_label("Password").fill(WORD)
    page.get_by_role("button", name="Confirm").click()


def code_of(secret):
    return format_hotp_value(hotp_value(secret, int(timezone.now().timestamp()) // 30))


def save_codes(page):
    codes = page.locator("#recovery_codes").input_value().split()
    page.get_by_label("I have saved my recovery codes").check()
    return codes


def sign_out(page, site):
    page.goto(f"{site}/admin/account/logout/")
    page.get_by_role("button", name="Sign Out").click()
    page.get_by_label("Username").wait_for()


def test_from_the_first_password_to_an_app_and_in_again(page, site, olga):
    type_password(page, site)
    page.get_by_role("link", name="Set up an app").click()
    confirm_password(page)
    assert page.locator(".qr svg").bounding_box()["width"] > 150
    secret = page.get_by_label("Secret").input_value()
    page.get_by_label("Authenticator code").fill(code_of(secret))
    page.get_by_role("button", name="Set up").click()
    codes = save_codes(page)
    page.goto(f"{site}/admin/petitions/petition/")
    assert page.url == f"{site}/admin/petitions/petition/"

    sign_out(page, site)
    type_password(page, site)
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Sign In", exact=True).click()

    page.get_by_role("heading", name="Overview").wait_for()
    assert page.faults == []


def test_a_passkey_is_added_and_then_opens_without_a_password(page, site, olga):
    key = page.context.new_cdp_session(page)
    key.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    key.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    type_password(page, site)
    page.get_by_role("link", name="Add a key").click()
    confirm_password(page)
    page.get_by_label("Name").fill("Phone")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    save_codes(page)
    page.goto(f"{site}/admin/account/two-factor/keys/")
    assert page.get_by_text("Phone").is_visible()
    page.set_viewport_size({"width": 360, "height": 900})
    assert [each for each in misfits(page) if re.match("outside|scrolls|overlaps", each)] == []
    sign_out(page, site)

    page.get_by_role("button", name="Sign in with a passkey").click()

    page.get_by_role("heading", name="Overview").wait_for()
    assert page.url == f"{site}/admin/"

    sign_out(page, site)
    User.objects.update(is_active=False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("This account is currently inactive").wait_for()
    page.goto(f"{site}/admin/")
    assert page.url.startswith(f"{site}/admin/account/login/")
    assert page.faults == []


def test_who_has_no_passkey_reads_why_it_did_not_open(page, site, olga):
    key = page.context.new_cdp_session(page)
    key.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    key.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto(f"{site}/admin/")
    assert not page.get_by_text("The key did not answer").is_visible()

    page.get_by_role("button", name="Sign in with a passkey").click()

    page.get_by_text("The key did not answer").wait_for()
    assert page.faults == []


def test_every_page_of_an_account_fits(page, site, olga):
    def look(name):
        page.wait_for_load_state()
        for width in (360, 768, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            faults = [each for each in misfits(page) if re.match("outside|scrolls", each)]
            assert (name, width, faults) == (name, width, [])

    page.goto(f"{site}/admin/")
    look("login")
    type_password(page, site)
    look("first")
    page.get_by_role("link", name="Set up an app").click()
    look("confirm")
    confirm_password(page)
    look("app")
    page.get_by_label("Authenticator code").fill(code_of(page.get_by_label("Secret").input_value()))
    page.get_by_role("button", name="Set up").click()
    look("codes")
    save_codes(page)
    for path in ("two-factor", "two-factor/keys", "two-factor/keys/add", "sessions", "password"):
        page.goto(f"{site}/admin/account/{path}/")
        look(path.replace("/", "-"))
    sign_out(page, site)
    for _ in range(5):
        page.get_by_label("Username").fill("olga")
        page.get_by_label("Password").fill("a wrong guess")
        page.get_by_role("button", name="Sign in", exact=True).click()
    look("locked")
    refused = "Failed to load resource: the server responded with a status of 429"
    assert [fault for fault in page.faults if not fault.startswith(refused)] == []
