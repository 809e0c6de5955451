"""Letters through a real Postfix, what it sends back, and what its log knows."""

import os
import smtplib
import tempfile
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.utils import timezone

from local.postfix import Postfix, refuse_where_it_cannot_run, running_postfix
from local.smtp import mail_server
from local.stopping import Trouble
from petitions.delivery import claims
from petitions.delivery.batches import close_batch
from petitions.delivery.queue import send_letters
from petitions.delivery.relays import Answer, relay
from petitions.delivery.return_path import return_path
from petitions.models import Delivery, Office, Returned
from tests.conftest import use_relay
from tests.delivery.real_postfix import CutLine, Doorkeeper, Offices
from tests.mailbox import Mailbox
from tests.makers import make_office, make_petition, make_signature
from tests.processes import Processes, free_port, until

pytestmark = pytest.mark.django_db(transaction=True)
State, Kind = Delivery.State, Returned.Kind

IMPATIENT = {
    "queue_run_delay": "1s",
    "minimal_backoff_time": "1s",
    "maximal_backoff_time": "1s",
    "delay_warning_time": "1s",
}
PATIENCE = 30


@pytest.fixture
def folder():
    """Where Postfix's accounts can come; pytest's own folder is closed to them."""
    try:
        refuse_where_it_cannot_run()
    except Trouble as trouble:
        missing = pytest.fail if os.environ.get("REQUIRE_POSTFIX") else pytest.skip
        missing(str(trouble))
    with tempfile.TemporaryDirectory(
        prefix="five-asks-", dir="/tmp", ignore_cleanup_errors=True
    ) as path:
        Path(path).chmod(0o755)
        yield Path(path)


@pytest.fixture
def offices(folder):
    """The mail servers that Postfix sends to: what they took."""
    with mail_server(Offices(folder / "offices")) as port:
        yield Mailbox(folder / "offices"), port


@pytest.fixture
def door(keys, folder, tmp_path):
    with Doorkeeper(folder, Processes(tmp_path).environment).on_duty() as keeper:
        yield keeper


@pytest.fixture
def postfix(settings, folder, offices, door):
    settings.RELAY_TIMEOUT = 2
    server = Postfix(
        folder,
        port=free_port(),
        sink=offices[1],
        user="nobody",
        receive=[str(door.program)],
        settings=IMPATIENT,
    )
    # A log is older than its letters.
    server.log.write_text(f"{timezone.now() - timedelta(days=1):%b %e %H:%M:%S} mail begins\n")
    with running_postfix(server):
        use_relay(settings, server.port, folder)
        settings.RELAY_URL = f"postfix://{server.log}"
        yield server


def owe_letters(*mailboxes) -> list[Delivery]:
    petition = make_petition()
    for mailbox in mailboxes:
        make_office(petition, name=mailbox, email=f"{mailbox}@office.example")
    make_signature(petition)
    close_batch(petition, now=timezone.now())
    return [Delivery.objects.get(office__name=mailbox) for mailbox in mailboxes]


def write_back(postfix, delivery, text):
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "minister@office.example", "Re: About thing 1"
    mail["To"] = return_path(delivery)
    mail.set_content(text)
    with smtplib.SMTP("127.0.0.1", postfix.port) as smtp:
        smtp.send_message(mail)


def returned(kind):
    return Returned.objects.filter(kind=kind).first()


def test_what_postfix_reports_is_filed_and_a_dead_address_stops_its_office(postfix, offices):
    letters, _ = offices
    good, gone, busy = owe_letters("minister", "gone", "busy")

    assert send_letters() == 3

    until(lambda: len(letters) == 1, seconds=PATIENCE)
    (letter,) = letters.mails()
    assert letter["X-Envelope-From"] == return_path(good)
    good.refresh_from_db()
    assert good.state == State.SENT
    assert good.reply.startswith("250 2.0.0 Ok: queued as ")

    hard = until(lambda: returned(Kind.HARD), seconds=PATIENCE)
    assert (hard.delivery, hard.status) == (gone, "5.1.1")
    assert "No such person here" in hard.words
    gone.refresh_from_db()
    assert gone.state == State.FAILED

    soft = until(lambda: returned(Kind.SOFT), seconds=PATIENCE)
    assert (soft.delivery, soft.status) == (busy, "4.7.1")
    busy.refresh_from_db()
    assert busy.state == State.SENT
    assert list(Office.objects.filter(active=False)) == [gone.office]

    write_back(postfix, good, "We act.")

    answer = until(lambda: returned(Kind.ANSWER), seconds=PATIENCE)
    assert answer.delivery == good
    assert answer.open_mail().text == "We act.\n"


def test_while_the_database_is_away_postfix_keeps_what_comes_back(postfix, door):
    (delivery,) = owe_letters("minister")
    there = door.environment["DATABASE_URL"]
    door.environment["DATABASE_URL"] = f"postgres://nobody@127.0.0.1:{free_port()}/none"

    write_back(postfix, delivery, "We act.")

    until(lambda: door.codes, seconds=PATIENCE)
    until(lambda: "status=deferred (temporary failure" in postfix.log.read_text(), seconds=PATIENCE)
    assert not Returned.objects.exists()

    door.environment["DATABASE_URL"] = there

    assert until(lambda: returned(Kind.ANSWER), seconds=PATIENCE).delivery == delivery
    until(lambda: door.codes[-1] == os.EX_OK, seconds=PATIENCE)
    assert set(door.codes[:-1]) == {os.EX_TEMPFAIL}


def test_mail_for_another_mailbox_of_ours_and_for_nobody_is_refused(postfix, door):
    with smtplib.SMTP("127.0.0.1", postfix.port) as smtp:
        smtp.mail("minister@office.example")
        code, _ = smtp.rcpt("somebody@fiveasks.example")
        assert code == 550
        code, _ = smtp.rcpt("letters+1-x@fiveasks.example")
        assert code == 250


def lose_an_answer(postfix, settings, delivery, *, cut):
    with CutLine(postfix.port, cut).open() as line:
        settings.EMAIL_PORT = line.own_port
        assert send_letters() == 0
    settings.EMAIL_PORT = postfix.port
    delivery.refresh_from_db()
    assert delivery.state == State.UNCERTAIN


def ask_the_relay(delivery):
    Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    claims.sweep()
    delivery.refresh_from_db()


def test_a_letter_whose_answer_was_lost_is_found_in_the_log(postfix, offices, settings):
    letters, _ = offices
    (delivery,) = owe_letters("minister")
    lose_an_answer(postfix, settings, delivery, cut="after the dot")

    ask_the_relay(delivery)

    assert (delivery.state, delivery.tries) == (State.SENT, 1)
    assert delivery.reply == "The relay was asked: it has this letter."
    until(lambda: len(letters) == 1, seconds=PATIENCE)


def test_a_letter_that_broke_off_before_the_dot_is_sent_again(postfix, offices, settings):
    letters, _ = offices
    (delivery,) = owe_letters("minister")
    lose_an_answer(postfix, settings, delivery, cut="before the dot")
    until(lambda: "lost connection after DATA" in postfix.log.read_text(), seconds=PATIENCE)
    assert f"message-id={delivery.message_id}\n" in postfix.log.read_text(), "it began to come"

    ask_the_relay(delivery)

    assert delivery.state == State.READY
    assert delivery.reply == "The relay was asked: it does not have this letter."
    Delivery.objects.update(due_at=timezone.now())
    assert send_letters() == 1
    delivery.refresh_from_db()
    assert relay().ask(delivery.message_id, since=delivery.committed_at) == Answer.TAKEN
    until(lambda: len(letters) == 1, seconds=PATIENCE)
