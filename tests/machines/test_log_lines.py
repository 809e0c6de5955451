"""A line of a log: what it says, and what it never says."""

import json
import logging
import smtplib
import sys
import threading
import uuid

import pytest
from django.db import IntegrityError, connection

from campaign.json_logs import EventJsonFormatter
from campaign.logs import Alarms, EventFormatter, hide_last_words, scrubbed
from petitions.delivery.smtp import RelayUnreachable
from petitions.models import Heartbeat
from petitions.vault import KeysUnavailable

ADDRESS = "canary@mail.example"


def record(words, *values, error=None, name="petitions.signatures.confirm"):
    about = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord(name, logging.ERROR, __file__, 1, words, values, about)


def text(*parts, **more):
    return EventFormatter().format(record(*parts, **more))


def fields(*parts, **more):
    return json.loads(EventJsonFormatter(role="mailer").format(record(*parts, **more)))


def raised(error, cause=None):
    try:
        raise error from cause
    except type(error) as caught:
        return caught


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError(f"DETAIL: Key (email)=({ADDRESS})"),
        smtplib.SMTPRecipientsRefused({ADDRESS: (550, b"no canary here")}),
        UnicodeEncodeError("ascii", "canary é", 7, 8, "ordinal not in range"),
        KeyError("canary"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_of_an_exception_its_kind_and_places_are_told_and_none_of_its_words(error):
    said = raised(ValueError(str(error)), cause=raised(error))

    for line in (
        text("it failed: %s", said, error=said),
        json.dumps(fields("it failed: %s", said, error=said)),
        json.dumps(fields("it failed: %s", str(said), error=said)),
        json.dumps(fields("it failed: %r", repr(said), error=said)),
    ):
        assert "canary" not in line
        assert type(error).__name__ in line
        assert "test_log_lines.py" in line


def test_codes_of_databases_and_mail_servers_are_told():
    said = smtplib.SMTPDataError(552, b"canary")

    assert fields("no: %s", said)["message"] == "no: SMTPDataError (552)"
    assert fields("no: %s", ConnectionRefusedError(111, "canary"))["message"].endswith("(111)")


def test_words_that_are_ours_are_told():
    assert fields("halt: %s", KeysUnavailable("No pepper."))["message"] == "halt: No pepper."
    unreached = RelayUnreachable("SMTPConnectError: (421, b'go away, 203.0.113.9')")
    assert "go away, [ip]" in fields("away: %s", unreached)["message"]


def test_celerys_own_line_tells_the_kind():
    words = "Task %(name)s[%(id)s] %(description)s: %(exc)s"
    values = {"name": "a.b", "id": "7", "description": "raised", "exc": f"ValueError('{ADDRESS}')"}

    assert fields(words, values, name="celery.app.trace")["message"] == (
        "Task a.b[7] raised: ValueError"
    )


def test_values_that_do_not_fit_their_words_are_not_told(capsys):
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(EventFormatter())

    handler.handle(record("%d went to %s", ADDRESS))
    handler.handle(record("%(number)s went", {"to": ADDRESS}))

    said = capsys.readouterr().err
    assert [line.partition("confirm ")[2] for line in said.splitlines()] == [
        "%d went to %s",
        "%(number)s went",
    ]
    assert "canary" not in said


def test_a_traceback_in_the_words_of_others_is_cut_off():
    words = "Application callable raised an exception\nTraceback:\nValueError: canary"

    assert text(words, name="_granian").endswith("raised an exception")


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (f"to <{ADDRESS}>,", "to <[address]>,"),
        ("from 198.51.100.7:443", "from [ip]:443"),
        ("from 2001:db8::7 and ::ffff:1.2.3.4", "from [ip] and [ip]"),
        ("on 127.0.0.1:8000 and ::1 at 12:34:56", "on 127.0.0.1:8000 and ::1 at 12:34:56"),
        ("/en/confirm/Ab3_9x-Qz81Yk0mPf7sLwEuTnGcVhJ2iRo5dXbA6t4M/", "/en/confirm/[…]/"),
        ("row 3f2504e0-4f89-41d3-9a0c-0305e82c3301", "row 3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
        ("petitions.tasks.close_scheduled_batches", "petitions.tasks.close_scheduled_batches"),
    ],
)
def test_what_looks_like_an_address_an_ip_or_a_secret_is_blotted_out(said, written):
    assert scrubbed(said) == written


def test_a_line_of_json_has_its_event_and_values_for_whoever_looks_for_them():
    reference = uuid.uuid4()

    found = fields("delivery %s, try %s: %s", 7, reference, "not sent")

    assert found.pop("time").endswith("+00:00")
    assert isinstance(found.pop("pid"), int)
    assert found == {
        "level": "ERROR",
        "role": "mailer",
        "logger": "petitions.signatures.confirm",
        "event": "delivery %s, try %s: %s",
        "message": f"delivery 7, try {reference}: not sent",
        "values": ["7", str(reference)],
    }


@pytest.mark.django_db(transaction=True)
def test_an_error_is_noted_once_a_minute_by_its_part_of_the_program():
    alarms = Alarms()
    for name in ("petitions.x", "petitions.x", "kombu", "petitions.web.unavailable"):
        alarms.handle(record("canary", name=name))
    critical = record("halt", name="petitions.x")
    critical.levelno = logging.CRITICAL
    alarms.handle(critical)

    assert set(Heartbeat.objects.times()) == {"fault: petitions.x", "alarm: petitions.x"}
    Heartbeat.objects.all().delete()
    alarms.handle(record("again", name="petitions.x"))
    assert not Heartbeat.objects.exists()


@pytest.mark.django_db
def test_in_the_middle_of_a_transaction_nothing_is_noted():
    assert connection.in_atomic_block

    Alarms().handle(record("canary", name="petitions.x"))

    assert not Heartbeat.objects.exists()


@pytest.mark.django_db
def test_what_nobody_catches_is_told_without_its_words(monkeypatch, caplog):
    for place, name in ((sys, "excepthook"), (threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(place, name, getattr(place, name))
    hide_last_words()
    error = raised(ValueError(ADDRESS))

    sys.excepthook(ValueError, error, error.__traceback__)
    threading.excepthook(
        threading.ExceptHookArgs(
            (ValueError, error, error.__traceback__, threading.current_thread())
        )
    )

    lines = [EventFormatter().format(each) for each in caplog.records]
    assert len(lines) == 2
    assert all("ValueError" in line and "canary" not in line for line in lines)
