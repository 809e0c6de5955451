"""What comes back, fetched from the folder of a real IMAP server."""

import os
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from petitions import tasks
from petitions.admin import needs
from petitions.delivery import imap
from petitions.delivery.imap import CannotLook, check_imap_url, fetch_mails, look
from petitions.delivery.returns import file_mail
from petitions.models import MailboxLook, NotFiled, Office, Returned, returned
from tests.delivery.real_dovecot import (
    HOST,
    NO_DOVECOT,
    PASSWORD,
    Owner,
    StalledLine,
    dovecot_is_here,
    running_dovecot,
)
from tests.delivery.returned_samples import sample
from tests.processes import Processes, free_port
from tests.servers import silent_server

pytestmark = pytest.mark.django_db(transaction=True)
Kind = Returned.Kind
NO_MAIL = b"Nothing: of a mail.\n\nNothing.\n"


def not_filed():
    """What the organizers' first page says of it."""
    return [(need.words, need.count) for need in needs.not_filed()]


@pytest.fixture(scope="module")
def dovecot():
    if not dovecot_is_here():
        missing = pytest.fail if os.environ.get("REQUIRE_DOVECOT") else pytest.skip
        missing(NO_DOVECOT)
    # Dovecot's accounts can't come into pytest's own folder.
    with (
        tempfile.TemporaryDirectory(prefix="five-asks-", dir="/tmp") as folder,
        running_dovecot(Path(folder)) as server,
    ):
        yield server


@pytest.fixture
def owner(dovecot, settings):
    """Whose mailbox is looked into; each test has one of its own."""
    user = f"letters-{os.urandom(4).hex()}"
    settings.RETURNS_IMAP_URL = f"imap://{user}@{HOST}:{dovecot.port}/INBOX"
    settings.RETURNS_IMAP_PASSWORD = PASSWORD
    owner = Owner(dovecot, user)
    yield owner
    owner.imap.logout()


def test_bounces_are_filed_and_deleted_and_what_people_wrote_is_moved(owner, sent):
    owner.put(sample("rfc3464_no_such_user", sent))
    owner.put(sample("human_answer", sent))
    owner.put(sample("auto_rfc3834", sent))

    tasks.fetch_mails()

    filed = Returned.objects.filter(delivery=sent)
    assert set(filed.values_list("kind", flat=True)) == {Kind.HARD, Kind.ANSWER, Kind.AUTO}
    assert not Office.objects.get().active
    assert owner.count() == 0
    assert owner.count("Answers") == 1


def test_the_command_says_how_many_it_filed(owner, sent, capsys):
    owner.put(sample("human_answer", sent))

    call_command("fetch_mail")

    assert capsys.readouterr().out == "1 filed.\n"


def test_a_process_killed_between_filing_and_deleting_loses_and_doubles_nothing(
    owner, sent, dovecot, tmp_path
):
    owner.put(sample("rfc3464_no_such_user", sent))
    line = StalledLine(dovecot.port, b" STORE ")
    machine = Processes(tmp_path, RETURNS_IMAP_PASSWORD=PASSWORD)
    with line.open() as port:
        machine.environment["RETURNS_IMAP_URL"] = f"imap://{owner.user}@{HOST}:{port}/INBOX"
        process = machine.start("fetch", "python", "manage.py", "fetch_mail")
        assert line.stalled.wait(30), machine.log_text()
        machine.kill(process)

    assert Returned.objects.get().delivery == sent
    assert owner.count(of="UNDELETED") == 1
    Office.objects.update(active=True, stopped_because="")
    assert fetch_mails() == 0, "it might still be alive"
    MailboxLook.objects.update(lease_until=timezone.now())
    assert fetch_mails() == 1

    assert Returned.objects.count() == 1
    assert Office.objects.get().active, "an organizer has let letters go again"
    assert owner.count() == 0


def test_a_mail_that_was_also_piped_in_is_filed_once(owner, sent):
    raw = sample("human_answer", sent)
    file_mail(raw)
    owner.put(b"Return-Path: <x@mail.example>\nReceived: from a by b; now\n" + raw)

    fetch_mails()

    assert Returned.objects.count() == 1


def test_what_is_marked_as_deleted_by_a_look_that_broke_off_goes_with_the_next(owner, sent):
    owner.put(sample("human_answer", sent))
    owner.imap.select("INBOX")
    owner.imap.store("1", "+FLAGS", r"(\Deleted)")
    owner.imap.unselect()
    assert owner.count() == 1

    assert fetch_mails() == 0

    assert owner.count() == 0


def test_what_is_no_mail_stays_flagged_and_organizers_are_told(owner, sent):
    owner.put(NO_MAIL)
    owner.put(sample("human_answer", sent))

    assert fetch_mails() == 1

    assert owner.count() == owner.count(of="FLAGGED") == 1
    assert not_filed() == [("Mails that lie flagged in the mailbox: they could not be filed", 1)]
    assert fetch_mails() == 0
    owner.imap.select("INBOX")
    owner.imap.store("1", "+FLAGS", r"(\Deleted)")
    owner.imap.close()
    fetch_mails()
    assert not_filed() == []


def test_a_mail_that_is_too_large_stays_and_is_tried_again_without_its_flag(
    owner, sent, monkeypatch
):
    raw = sample("human_answer", sent)
    owner.put(raw)
    monkeypatch.setattr(imap, "LARGEST", len(raw) - 1)
    assert fetch_mails() == 0
    assert owner.count(of="FLAGGED") == 1
    monkeypatch.undo()

    owner.unflag_all()

    assert fetch_mails() == 1
    assert owner.count() == 0


def test_when_too_many_came_the_rest_stays_in_the_mailbox(owner, sent, monkeypatch):
    monkeypatch.setattr(returned, "MOST_UNMATCHED", 1)
    for number in range(3):
        owner.put(sample("stranger", sent).replace(b"Subject:", b"Subject: %d" % number))

    assert fetch_mails() == 1

    assert Returned.objects.count() == 1
    assert NotFiled.objects.mails() == 2
    assert owner.count(of="FLAGGED") == 2


def test_without_keys_all_mails_wait_unflagged(owner, sent, keys):
    public = keys.directory / "public"
    owner.put(sample("human_answer", sent))
    public.rename(keys.directory / "elsewhere")

    assert fetch_mails() == 0

    assert owner.count(of="UNFLAGGED UNDELETED") == 1
    (keys.directory / "elsewhere").rename(public)
    assert fetch_mails() == 1


def test_one_look_takes_a_bounded_number(owner, sent, monkeypatch):
    monkeypatch.setattr(imap, "MOST_A_LOOK", 2)
    for number in range(3):
        owner.put(sample("human_answer", sent).replace(b"Subject:", b"Subject: %d" % number))

    assert [fetch_mails(), fetch_mails(), fetch_mails()] == [2, 1, 0]
    assert Returned.objects.count() == 3


def test_a_folder_that_numbers_its_mails_anew_loses_none(owner, sent, settings):
    settings.RETURNS_IMAP_URL = settings.RETURNS_IMAP_URL.replace("INBOX", "Came%20back")
    owner.imap.create('"Came back"')
    owner.put(sample("human_answer", sent), '"Came back"')
    assert fetch_mails() == 1

    owner.number_anew('"Came back"')
    owner.put(sample("auto_rfc3834", sent), '"Came back"')

    assert fetch_mails() == 1
    assert Returned.objects.count() == 2


def test_while_one_process_looks_another_does_not_until_it_is_taken_for_dead(owner, sent):
    owner.put(sample("human_answer", sent))
    now = timezone.now()
    MailboxLook.objects.create(lease_until=now + timedelta(minutes=1))

    assert fetch_mails() == 0

    MailboxLook.objects.update(lease_until=now - timedelta(seconds=1))
    assert fetch_mails() == 1


# --- When the mailbox is away


def test_a_wrong_password_is_logged_without_it_and_told_to_organizers(
    owner, sent, settings, caplog
):
    owner.put(sample("human_answer", sent))
    settings.RETURNS_IMAP_PASSWORD = "not-the-password"

    assert fetch_mails() == 0

    assert "the mailbox for what comes back can't be read" in caplog.text
    assert "not-the-password" not in caplog.text
    assert not_filed() == [], "for an hour it is nothing"
    MailboxLook.objects.update(failing_since=timezone.now() - timedelta(hours=3))
    assert fetch_mails() == 0
    assert not_filed() == [("Hours for which the mailbox could not be read", 3)]

    settings.RETURNS_IMAP_PASSWORD = PASSWORD

    assert fetch_mails() == 1
    assert not_filed() == []


def test_a_server_that_is_away_or_silent_is_tried_again_later(db, settings, monkeypatch):
    monkeypatch.setattr(imap, "TIMEOUT", 0.2)
    settings.RETURNS_IMAP_PASSWORD = PASSWORD
    settings.RETURNS_IMAP_URL = f"imap://letters@{HOST}:{free_port()}/INBOX"
    assert fetch_mails() == 0
    with pytest.raises(CommandError, match="refused"):
        call_command("fetch_mail")

    with silent_server() as port:
        settings.RETURNS_IMAP_URL = f"imap://letters@{HOST}:{port}/INBOX"
        assert fetch_mails() == 0

    assert MailboxLook.objects.get().lease_until is None


def test_a_server_whose_certificate_nobody_vouches_for_gets_no_password(
    owner, sent, dovecot, settings, monkeypatch
):
    owner.put(sample("human_answer", sent))
    settings.RETURNS_IMAP_URL = f"imaps://{owner.user}@{HOST}:{dovecot.tls_port}/INBOX"
    with pytest.raises(CannotLook, match="CERTIFICATE_VERIFY_FAILED"):
        look()
    assert (
        f"user=<{owner.user}>, method=PLAIN, rip=127.0.0.1, lip=127.0.0.1, TLS"
        not in (dovecot.folder / "log").read_text()
    )

    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))

    assert look() == 1


# --- The address


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("imaps://letters:secret@mail.example/INBOX", "no place for the password"),
        ("imap://letters@mail.example/INBOX", "only on loopback"),
        ("pop3://letters@mail.example", "wants the form"),
        ("imaps://mail.example/INBOX", "wants the form"),
        ("imaps://letters@/INBOX", "wants the form"),
        ("imaps://letters@mail.example:port/INBOX", "no address"),
        ("imaps://letters@mail.example/Antw%C3%B6rten", "names in ASCII"),
        ("imaps://letters@mail.example/A%0D%0AX%20LOGOUT", "names in ASCII"),
        ("imaps://letters@mail.example/Answers", "are two"),
    ],
)
def test_an_address_that_is_wrong_is_told_at_the_start(settings, url, words):
    settings.RETURNS_IMAP_PASSWORD = PASSWORD
    settings.RETURNS_IMAP_URL = url

    (error,) = check_imap_url()

    assert words in error.msg
    assert "secret" not in error.msg


def test_a_right_address_and_none_are_fine(settings):
    settings.RETURNS_IMAP_PASSWORD = PASSWORD
    settings.RETURNS_IMAP_URL = "imaps://letters%40fiveasks.example@mail.example"
    box = imap.mailbox()

    assert check_imap_url() == []
    assert (box.user, box.port, box.folder) == ("letters@fiveasks.example", 993, "INBOX")
    settings.RETURNS_IMAP_PASSWORD = ""
    (error,) = check_imap_url()
    assert "needs RETURNS_IMAP_PASSWORD" in error.msg
    settings.RETURNS_IMAP_URL = ""
    assert check_imap_url() == []
    assert fetch_mails() == 0
