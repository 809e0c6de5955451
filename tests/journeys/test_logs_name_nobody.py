"""What all processes log while people sign, are refused, and errors name them: nobody is in it."""

import json
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from local.html_forms import read_page
from local.smtp import Keeper, mail_server
from petitions.delivery.return_path import return_path
from petitions.exports.orders import Order, order
from petitions.exports.selection import Selection
from petitions.models import Delivery, Export, Heartbeat, Returned, SignRequest
from petitions.models.export import Format, Use
from tests.conftest import use_relay
from tests.forms import submit, submit_all_ticked
from tests.journeys.test_no_plaintext import spellings
from tests.mailbox import Mailbox, link_in
from tests.makers import make_office, make_petition
from tests.processes import ROOT, Processes, until

SIGNER = {
    "name": "Zephyrina Indelible",
    "email": "saxophone.indelible@canary.example",
    "postcode": "XJ77 JX77",
    "comment": "Неизгладимо zephyrean",
}
REFUSED = "refused.saxophone@canary.example"
BROWSER = {"X-Real-IP": "203.0.113.77", "User-Agent": "CanaryBrowser/7.7"}
NEEDLES = [
    *SIGNER.values(),
    *BROWSER.values(),
    REFUSED,
    "Zephyrina",
    "saxophone",
    "canary.example",
    "неизгладимо",
    "wrongname-canary",
    "wrong-password-canary",
]
# As PostgreSQL would quote a row, and Celery the exception.
WORDS = f"Key (email)=({SIGNER['email']}) {SIGNER['name']}, {SIGNER['postcode']}, 203.0.113.77"


class Refuser(Keeper):
    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if address.startswith("refused"):
            return f"550 5.1.1 <{address}> {SIGNER['name']} does not live here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"


@pytest.fixture
def site(transactional_db, keys, settings, tmp_path):
    """All processes, with logs as on a server, and a web server that is asked to log each access."""
    folder = tmp_path / "mailbox"
    with mail_server(Refuser(folder)) as port:
        use_relay(settings, port, folder)
        processes = Processes(tmp_path, LOG_FORMAT="json", CLIENT_ADDRESS_HEADER="X-Real-IP")
        processes.mailbox = Mailbox(folder)
        yield processes
        processes.stop()


@contextmanager
def a_database_that_fails(event):
    """Each time a sign request is stored, or changed: with words in which somebody stands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$BEGIN RAISE EXCEPTION '{WORDS}' USING DETAIL = '{WORDS}'; END$$"
        )
        cursor.execute(
            f"CREATE TRIGGER fails BEFORE {event} ON petitions_signrequest"
            " FOR EACH ROW EXECUTE FUNCTION fails()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION fails CASCADE")


def sign(browser, **typed):
    page = browser.get("/en/petitions/ask-1/")
    return submit(browser, page, **{**SIGNER, "country": "LT", **typed})


def bounce(delivery):
    return (
        f"From: {SIGNER['name']} <{SIGNER['email']}>\r\nSubject: {SIGNER['comment']}\r\n"
        f"To: {return_path(delivery)}\r\n\r\n{SIGNER['postcode']}\r\n"
    ).encode()


def events(site):
    """Of all lines those that are JSON; the others are granian's and Celery's at their start."""
    lines = site.log_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def test_nobody_can_be_found_in_the_logs_of_all_processes(site, show):
    petition = make_petition()
    make_office(petition, email="minister@office.example")
    site.beat()
    site.worker()
    browser = site.web(GRANIAN_LOG_ACCESS_ENABLED="true")
    browser.headers.update(BROWSER)

    # Signing, from the form to the letter, what comes back to it, an export.
    sign(browser)
    (mail,) = until(lambda: site.mailbox.mails_to(SIGNER["email"]), seconds=60)
    confirm, receipt = link_in(mail, "confirm"), link_in(mail, "receipt")
    submit_all_ticked(browser, browser.get(confirm))
    browser.get(receipt)
    site.start("deliver", "python", "manage.py", "deliver")
    sent = Delivery.objects.filter(state=Delivery.State.SENT)
    until(sent.exists, seconds=60)
    pipe(site, return_path(sent.get()), bounce(sent.get()))
    assert Returned.objects.count() == 1
    olga = User.objects.create_user("olga")
    wanted = Order(Use.DELIVER, Format.CSV, ["name", "postcode", "comment"], Selection(), "A test.")
    order(wanted, by=olga)
    until(Export.objects.filter(state=Export.State.READY).exists, seconds=60)

    go_wrong(site, browser)

    logged = events(site)
    kinds = {error["kind"] for event in logged for error in event.get("errors", [])}
    assert {"ProgrammingError", "RaiseException (P0001)", "UnicodeEncodeError"} <= kinds
    failed = {event["message"] for event in logged if event["level"] == "ERROR"}
    assert "a request failed: petition" in failed
    assert {event["logger"] for event in logged} >= {"petitions.web.errors", "celery.app.trace"}
    assert all({"time", "level", "role", "event", "message"} <= event.keys() for event in logged)
    assert Heartbeat.objects.filter(name="fault: petitions.web.errors").exists()
    assert Heartbeat.objects.filter(name="fault: celery.app.trace").exists()

    text = site.log_text().encode()
    tokens = [link.rstrip("/").rsplit("/", 1)[-1] for link in (confirm, receipt)]
    found = [
        needle
        for needle in [*NEEDLES, *tokens]
        if any(spelling in text for spelling in spellings(needle))
    ]
    show(f"logs of all processes: {len(text):,} bytes, {len(logged)} events, found {found}")
    assert found == []


def go_wrong(site, browser):
    # Forms that fail, and a mail server that refuses an address and names it.
    sign(browser, email=f"no address {SIGNER['email']}")
    sign(browser, name=f"{SIGNER['name']}\u202e")
    browser.post("/en/petitions/ask-1/", data={"name": SIGNER["name"] * 5000})
    browser.get(f"/en/confirm/{SIGNER['email']}/")
    login = browser.get("/admin/login/")
    *_, form = (
        form
        for form in read_page(login.text, address=str(login.url)).forms
        if "password" in form.fields
    )
    wrong = {"login": ["wrongname-canary"], "password": ["wrong-password-canary"]}
    assert browser.post(str(login.url), data=form.filled(wrong)).status_code == 200
    sign(browser, email=REFUSED)
    until(lambda: "was refused for good" in site.log_text(), seconds=60)

    # Errors that nobody thought of, in a page and in a tick.
    with a_database_that_fails("INSERT"):
        assert sign(browser).status_code == 500
    with a_database_that_fails("UPDATE"):
        sign(browser, email=f"third.{SIGNER['email']}")
        until(lambda: "raised unexpected" in site.log_text(), seconds=60)
    SignRequest.objects.update(mail_due_at=timezone.now() + timedelta(days=1))
    pipe(site, "nobody@office.example", b"\xff", CAMPAIGN_ROLE="all")
    crash(site)


def pipe(site, recipient, raw, **environment):
    with (site.logs / "receive_mail.log").open("ab") as log:
        subprocess.run(
            [sys.executable, "manage.py", "receive_mail", recipient],
            input=raw,
            cwd=ROOT,
            env=site.environment | environment,
            stdout=log,
            stderr=log,
            check=False,
            timeout=60,
        )


def crash(site):
    """A command that nobody saved from an error with words in it."""
    wrong = f"'{SIGNER['comment']}'.encode('ascii')"
    site.start("crash", "python", "manage.py", "shell", "-v", "0", "-c", wrong).wait(timeout=60)
