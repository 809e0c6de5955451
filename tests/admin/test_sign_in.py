"""The door of the organizers' room: a password, then a second factor."""

import json
import os
import re
import subprocess
import sys
import zlib
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.core.management import call_command
from django.core.signing import b64_decode
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaign.sign_in.adapters import NO_ADDRESS
from petitions.models import AuditEntry
from petitions.rights import apply_rights
from tests.admin.conftest import SECRET, browser_of, sign_in
from tests.admin.test_organizers_policy import policy_of

WORD = "correct horse battery"
LOGIN = "/admin/account/login/"
SET_UP = "/admin/account/two-factor/"
NEEDS_BOTH = [
    "/admin/account/sessions/",
    "/admin/account/password/",
    "/admin/account/two-factor/recovery/new/",
    "/admin/account/two-factor/app/remove/",
    "/admin/account/two-factor/keys/",
]


@pytest.fixture(autouse=True)
def _forget_wrong_codes(settings):
    cache.clear()
    # A password is checked a hundred times here.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def olga(db, keys):
    return User.objects.create_superuser("olga", password=WORD)


def type_password(client, name="olga", word=WORD, **more):
    return client.post(LOGIN, {"login": name, "password": word} | more)


def code_now(secret=SECRET):
    step = int(timezone.now().timestamp()) // 30
    return format_hotp_value(hotp_value(secret, step))


def with_app(user):
    """What the user's app holds is known to these tests."""
    sign_in(Client(), user)


def steal_database():
    """All that a thief of the database reads, sessions among it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        rows = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT session_data FROM django_session")
        return rows, [row[0] for row in cursor.fetchall()]


# --- Without a second factor


def test_a_password_alone_opens_the_pages_that_set_up_a_second_factor_and_no_other(client, olga):
    answer = type_password(client, next="/admin/petitions/signature/")

    assert answer["Location"] == "/admin/petitions/signature/"
    for url in ["/admin/", "/admin/petitions/signature/", "/admin/auth/user/", "/admin/search/"]:
        last = client.get(url, follow=True).redirect_chain[-1][0]
        assert last.partition("?")[0] == SET_UP
    for url in NEEDS_BOTH:
        assert client.get(url)["Location"].startswith(SET_UP)
    page = client.get(SET_UP)
    assert page.status_code == 200
    assert "Set up one of these two first" in page.text
    assert "petitions/petition/" not in page.text


def test_what_is_posted_without_a_second_factor_does_nothing(client, olga):
    type_password(client)

    client.post("/admin/auth/user/add/", {"username": "mallory", "usable_password": "false"})

    assert not User.objects.filter(username="mallory").exists()


def test_an_app_is_set_up_and_recovery_codes_are_shown_once(client, olga):
    type_password(client)
    set_up = client.get("/admin/account/two-factor/app/")
    assert set_up["Location"].startswith("/admin/account/confirm/")
    client.post(set_up["Location"], {"password": WORD})
    page = client.get("/admin/account/two-factor/app/")
    assert "<svg" in page.text
    assert "data:image" not in page.text
    secret = page.context["form"].secret

    answer = client.post("/admin/account/two-factor/app/", {"code": code_now(secret)})

    assert answer["Location"] == "/admin/account/two-factor/recovery/"
    codes = client.get(answer["Location"]).context["unused_codes"]
    assert len({code for code in codes if re.fullmatch(r"\d{8}", code)}) == 10
    assert codes[0] not in client.get(answer["Location"]).text
    assert client.get("/admin/").status_code == 200


def test_on_a_laptop_a_password_is_enough(client, olga, settings):
    settings.SECOND_FACTOR = "optional"

    type_password(client)

    assert client.get("/admin/").status_code == 200


# --- With one


def test_a_code_is_asked_for_and_opens(client, olga):
    with_app(olga)

    assert type_password(client)["Location"].startswith("/admin/account/login/code/")
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    wrong = client.post("/admin/account/login/code/", {"code": "000000"})
    assert "Incorrect code" in wrong.text
    answer = client.post("/admin/account/login/code/", {"code": code_now()})

    assert answer["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_a_code_that_somebody_read_over_the_shoulder_opens_no_second_time(client, olga):
    with_app(olga)
    code = code_now()
    type_password(client)
    client.post("/admin/account/login/code/", {"code": code})

    thief = Client()
    type_password(thief)
    thief.post("/admin/account/login/code/", {"code": code})

    assert thief.get("/admin/").status_code == 302


def test_codes_can_not_be_tried_out(client, olga):
    with_app(olga)
    type_password(client)
    for _ in range(5):
        client.post("/admin/account/login/code/", {"code": "000000"})

    client.post("/admin/account/login/code/", {"code": code_now()})

    assert client.get("/admin/").status_code == 302


def test_a_recovery_code_opens_once(olga, rf):
    with_app(olga)
    code = RecoveryCodes.activate(olga).get_unused_codes()[0]
    first, second = Client(), Client()
    for client in (first, second):
        type_password(client)
        client.post("/admin/account/login/code/", {"code": code})

    assert first.get("/admin/").status_code == 200
    assert second.get("/admin/").status_code == 302


def test_a_thief_who_signed_in_before_there_was_a_second_factor_stays_out(olga):
    thief = Client()
    type_password(thief)
    with_app(olga)

    assert thief.get("/admin/", follow=True).request["PATH_INFO"] == "/admin/account/confirm/code/"
    thief.post("/admin/account/confirm/", {"password": WORD})
    for url in [*NEEDS_BOTH, SET_UP, f"{SET_UP}keys/add/", f"{SET_UP}app/"]:
        assert thief.get(url)["Location"].startswith("/admin/account/confirm/code/")
    thief.post(f"{SET_UP}keys/add/", {"name": "mine", "credential": "{}"})
    assert Authenticator.objects.count() == 1


def test_a_second_factor_that_was_removed_counts_no_more(olga):
    browser = browser_of(olga)
    assert browser.get("/admin/").status_code == 200

    Authenticator.objects.all().delete()

    assert browser.get("/admin/", follow=True).request["PATH_INFO"] == SET_UP


def test_changing_the_second_factor_asks_for_the_password_first(olga):
    browser = browser_of(olga)

    answer = browser.post("/admin/account/two-factor/app/remove/")

    assert answer["Location"].startswith("/admin/account/confirm/")
    assert Authenticator.objects.exists()


# --- Where one is led


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_nobody_is_led_elsewhere_after_signing_in(client, olga, elsewhere):
    assert "evil" not in client.get("/admin/login/", {"next": elsewhere})["Location"]
    with_app(olga)
    type_password(client, next=elsewhere)

    answer = client.post(f"/admin/account/login/code/?next={elsewhere}", {"code": code_now()})

    assert answer["Location"] == "/admin/"


def test_who_has_both_but_no_right_to_enter_reads_so_and_can_sign_out(db, keys):
    browser = browser_of(User.objects.create_user("nobody", password=WORD))

    page = browser.get("/admin/", follow=True)

    assert (page.status_code, "Sign out" in page.text) == (403, True)
    browser.post("/admin/account/logout/")
    assert "sessionid" not in {name for name, morsel in browser.cookies.items() if morsel.value}


@pytest.mark.parametrize("path", ["signup/", "password/reset/", "email/", "login/code/confirm/"])
def test_there_is_no_signing_up_and_no_resetting_by_mail(organizer, path):
    assert organizer.get(f"/admin/account/{path}").status_code == 404


@pytest.mark.parametrize("path", ["login/", "two-factor/", "sessions/", "password/", "logout/"])
def test_each_page_has_the_organizers_policy_and_is_kept_by_no_browser(olga, client, path):
    browser = client if path == "login/" else browser_of(olga)
    page = browser.get(f"/admin/account/{path}")

    assert page.status_code == 200
    assert policy_of(page)["script-src"] == "'self' 'unsafe-eval'"
    assert "no-store" in page["Cache-Control"]


# --- Wrong passwords


def guess(client, name, times):
    return [type_password(client, name, "a wrong guess") for _ in range(times)][-1]


def test_five_wrong_passwords_lock_the_name_and_the_right_one_does_not_open_it(client, olga):
    assert guess(client, "olga", 4).status_code == 200

    locked = guess(client, "olga", 1)

    assert locked.status_code == 429
    until = AccessAttempt.objects.get().attempt_time + timedelta(minutes=15)
    assert f"until {until:%H:%M} (UTC)" in locked.text
    assert policy_of(locked)["script-src"] == "'self' 'unsafe-eval'"
    assert type_password(Client()).status_code == 429
    assert AccessAttempt.objects.get().failures_since_start == 5


def test_a_name_that_nobody_has_is_answered_like_any_other(client, olga):
    def without_what_differs(page):
        return re.sub(r'value="(olga|nadja|[A-Za-z0-9]{64})"|\d\d:\d\d', "", page.text)

    for times in (1, 4):
        known, unknown = guess(client, "olga", times), guess(client, "nadja", times)
        assert known.status_code == unknown.status_code
        assert without_what_differs(known) == without_what_differs(unknown)


def test_the_lock_ends(client, olga):
    guess(client, "olga", 5)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))

    assert type_password(client).status_code == 302


def test_a_lock_is_lifted_at_the_command_line(client, olga):
    guess(client, "olga", 5)

    call_command("axes_reset_username", "olga")

    assert type_password(client).status_code == 302


def test_writing_a_name_in_another_way_gives_no_more_guesses(client, olga):
    for name in ("Olga", "OLGA", "olga ", "oLga"):
        assert type_password(client, name, "a wrong guess").status_code == 200
    assert type_password(client, "OLGA").status_code == 200
    assert "sessionid" not in client.cookies or client.get("/admin/").status_code == 302


def test_wrong_passwords_where_one_is_asked_again_lock_as_well(olga):
    browser = browser_of(olga)

    for _ in range(5):
        answer = browser.post("/admin/account/confirm/", {"password": "a wrong guess"})

    assert answer.status_code == 429


def test_who_tried_is_not_kept(client, olga, caplog):
    guess(Client(REMOTE_ADDR="192.0.2.7", HTTP_USER_AGENT="Canary/1"), "olga", 6)

    kept = json.dumps(list(AccessAttempt.objects.values()), default=str)
    assert "olga" in kept
    for secret in ("192.0.2.7", "Canary", "a wrong guess"):
        assert secret not in kept
        assert secret not in caplog.text
    assert "olga" not in caplog.text


# --- Sessions


def test_a_session_that_was_ended_elsewhere_is_signed_out(olga):
    with_app(olga)
    here, there = Client(HTTP_USER_AGENT="Firefox Linux"), Client(HTTP_USER_AGENT="Chrome Android")
    for client in (here, there):
        cache.clear()
        type_password(client)
        client.post("/admin/account/login/code/", {"code": code_now()})
    page = here.get("/admin/account/sessions/")
    assert "Firefox, Linux" in page.text
    assert "Chrome, Android" in page.text
    assert set(UserSession.objects.values_list("ip", flat=True)) == {NO_ADDRESS}

    other = UserSession.objects.exclude(session_key=here.session.session_key).get()
    here.post("/admin/account/sessions/", {"session": other.pk})

    assert there.get("/admin/").status_code == 302
    assert here.get("/admin/").status_code == 200


def test_nobody_ends_another_persons_session_by_its_number(olga, organizer_of_nina):
    nina, session = organizer_of_nina

    browser_of(olga).post("/admin/account/sessions/", {"session": session.pk})

    assert nina.get("/admin/").status_code == 200


@pytest.fixture
def organizer_of_nina(db, keys):
    """Nina's browser, signed in by the real pages, and her session."""
    user = User.objects.create_user("nina", password=WORD, is_staff=True)
    with_app(user)
    client = Client()
    type_password(client, "nina")
    client.post("/admin/account/login/code/", {"code": code_now()})
    return client, UserSession.objects.get(user=user)


def tick(browser, action, *names):
    ticked = list(User.objects.filter(username__in=names).values_list("pk", flat=True))
    page = reverse("admin:auth_user_changelist")
    return browser.post(page, {"action": action, "_selected_action": ticked}, follow=True)


def administrator():
    apply_rights()
    ada = User.objects.create_user("ada", is_staff=True)
    ada.groups.set([Group.objects.get(name="Administrator")])
    return browser_of(ada)


def test_an_administrator_ends_sessions_and_that_stands_in_the_trail(organizer_of_nina):
    nina, _ = organizer_of_nina

    tick(administrator(), "end_sessions", "nina")

    assert nina.get("/admin/").status_code == 302
    entry = AuditEntry.objects.get(action=AuditEntry.Action.SIGN_OUT)
    assert (entry.who, entry.selection) == ("ada", "nina")


def test_an_administrator_removes_a_lost_second_factor(organizer_of_nina):
    nina, _ = organizer_of_nina

    tick(administrator(), "remove_second_factor", "nina")

    assert nina.get("/admin/").status_code == 302
    assert not Authenticator.objects.filter(user__username="nina").exists()
    entry = AuditEntry.objects.get(action=AuditEntry.Action.RESET)
    assert (entry.who, entry.selection) == ("ada", "nina")
    type_password(nina, "nina")
    assert nina.get("/admin/", follow=True).request["PATH_INFO"] == SET_UP


def test_a_superuser_and_oneself_are_left_as_they_are(olga):
    with_app(olga)
    ada = administrator()

    page = tick(ada, "remove_second_factor", "olga", "ada")

    assert "Left as they are" in page.text
    assert Authenticator.objects.count() == 2
    assert ada.get("/admin/").status_code == 200
    assert not AuditEntry.objects.exists()


def test_who_may_only_look_at_users_has_no_such_action(olga, organizer_of_nina, helper):
    nina, _ = organizer_of_nina

    tick(helper(), "end_sessions", "nina")

    assert nina.get("/admin/").status_code == 200


# --- What a thief of the database gets


def test_no_secret_of_an_app_can_be_read_in_the_database(client, olga):
    type_password(client)
    client.post("/admin/account/confirm/", {"password": WORD})
    secret = client.get("/admin/account/two-factor/app/").context["form"].secret
    assert client.session["mfa.totp.secret"] == secret
    _, sessions = steal_database()
    client.post("/admin/account/two-factor/app/", {"code": code_now(secret)})
    rows, more = steal_database()

    assert len(rows) == 2
    opened = [Client().session.__class__().decode(each) for each in sessions]
    assert any(secret in str(each) for each in opened)
    assert not any(secret in each for each in [*rows, *_unpacked(sessions + more)])


def _unpacked(sessions):
    """As anybody can who has no key: Django signs sessions and does not encrypt them."""
    for packed in sessions:
        data = packed.split(":")[0]
        raw = b64_decode(data.lstrip(".").encode())
        if data.startswith("."):
            raw = zlib.decompress(raw)
        yield raw.decode("latin-1")


def test_codes_hold_after_the_key_was_changed(client, olga, settings):
    with_app(olga)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another that is quite long enough for a test of this kind"

    type_password(client)
    client.post("/admin/account/login/code/", {"code": code_now()})

    assert client.get("/admin/").status_code == 200


def test_the_public_process_loads_none_of_it():
    program = (
        "import django; django.setup(); from django.conf import settings;"
        "from django.urls import Resolver404, resolve;"
        "import campaign.urls, sys;"
        "print([name for name in sys.modules if name.split('.')[0] in {'allauth', 'axes', 'fido2'}]);"
        "print([each for each in settings.MIDDLEWARE if 'allauth' in each or 'axes' in each])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"CAMPAIGN_ROLE": "web", "DJANGO_SETTINGS_MODULE": "campaign.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["[]", "[]"]
