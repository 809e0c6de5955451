"""What Postfix's log tells of a letter. tests/journeys/test_postfix.py asks a real one."""

from datetime import UTC, datetime, timedelta

import pytest

from petitions.delivery.relays import Answer, postfix
from petitions.delivery.relays.postfix import PostfixRelay

SINCE = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
OURS = "<0b5c@fiveasks.example>"
OTHER = "<77aa@elsewhere.example>"


def long(at: datetime) -> str:
    return at.isoformat()


def short(at: datetime) -> str:
    """As syslog has always written it, in the machine's own time zone."""
    return f"{at.astimezone(postfix._time_zone()):%b %e %H:%M:%S}"


@pytest.fixture(params=[long, short])
def write(request, tmp_path):
    """Write lines into the log, each as (seconds since the letter was begun, process, words)."""

    def write_lines(*lines, name="mail.log"):
        written = [
            f"{request.param(SINCE + timedelta(seconds=seconds))} host postfix/{process}[81]: {words}"
            for seconds, process, words in lines
        ]
        (tmp_path / name).write_text("".join(f"{line}\n" for line in written))
        return PostfixRelay(tmp_path / "mail.log")

    return write_lines


BEFORE = (-3600, "qmgr", "0AAAA: removed")
AFTER = (200, "smtpd", "connect from localhost[127.0.0.1]")


def came(queue_id="4cGh1k", message_id=OURS, *, seconds=1):
    return (seconds, "cleanup", f"{queue_id}: message-id={message_id}")


def queued(queue_id="4cGh1k", *, seconds=2):
    words = f"{queue_id}: from=<letters@fiveasks.example>, size=5, nrcpt=1 (queue active)"
    return (seconds, "qmgr", words)


def test_a_letter_that_was_queued_is_taken(write):
    assert write(BEFORE, came(), queued()).ask(OURS, since=SINCE) == Answer.TAKEN


def test_a_letter_that_broke_off_is_not_taken(write):
    lost = (2, "smtpd", "lost connection after DATA (900 bytes) from localhost[127.0.0.1]")

    assert write(BEFORE, came(), lost, AFTER).ask(OURS, since=SINCE) == Answer.NOT_TAKEN


def test_a_letter_that_never_came_is_not_taken(write):
    relay = write(BEFORE, came(message_id=OTHER), queued(), AFTER)

    assert relay.ask(OTHER, since=SINCE) == Answer.TAKEN
    assert relay.ask(OURS, since=SINCE) == Answer.NOT_TAKEN


@pytest.mark.parametrize(
    "near", ["<0b5c@fiveasks.examplE>", "<0b5c@fiveasks.example>x", "x" + OURS]
)
def test_a_message_id_that_is_alike_is_another(write, near):
    relay = write(BEFORE, came(message_id=near), queued())

    assert relay.ask(near, since=SINCE) == Answer.TAKEN
    assert relay.ask(OURS, since=SINCE) == Answer.NOT_TAKEN


def test_a_second_try_that_was_queued_counts(write):
    relay = write(BEFORE, came("4ONE"), came("4TWO", seconds=5), queued("4TWO", seconds=6))

    assert relay.ask(OURS, since=SINCE) == Answer.TAKEN


def test_a_first_try_that_was_queued_counts_though_a_second_broke_off(write):
    relay = write(BEFORE, came("4ONE"), queued("4ONE"), came("4TWO", seconds=5), AFTER)

    assert relay.ask(OURS, since=SINCE) == Answer.TAKEN


def test_a_queue_id_that_another_letter_got_afterwards_proves_nothing(write):
    relay = write(BEFORE, came(), came(message_id=OTHER, seconds=5), queued(seconds=6))

    assert relay.ask(OTHER, since=SINCE) == Answer.TAKEN
    assert relay.ask(OURS, since=SINCE) == Answer.NOT_TAKEN


def test_a_letter_of_an_earlier_try_with_the_same_message_id_proves_nothing(write):
    relay = write(BEFORE, came(seconds=-600), queued(seconds=-599), AFTER)

    assert relay.ask(OURS, since=SINCE - timedelta(minutes=10)) == Answer.TAKEN
    assert relay.ask(OURS, since=SINCE) == Answer.NOT_TAKEN


def test_a_log_that_begins_after_the_letter_cannot_say(write):
    relay = write(came(message_id=OTHER, seconds=90), queued(seconds=91))

    assert relay.ask(OURS, since=SINCE) == Answer.CANNOT_SAY
    assert relay.ask(OTHER, since=SINCE) == Answer.TAKEN, "this it has seen"


def test_a_log_that_nobody_writes_any_more_cannot_say(write):
    stale = write(BEFORE, (-600, "qmgr", "0BBBB: removed"))

    assert stale.ask(OURS, since=SINCE) == Answer.CANNOT_SAY


def test_the_log_that_was_rotated_away_is_read_too(write, tmp_path):
    write((-9000, "qmgr", "0AAAA: removed"), name="mail.log.2")
    write(BEFORE, came(), name="mail.log.1")
    (tmp_path / "mail.log.2.gz").write_bytes(b"\x1f\x8b")
    relay = write((100, "qmgr", queued()[2]), AFTER)

    assert relay.ask(OURS, since=SINCE) == Answer.TAKEN
    assert relay.ask(OTHER, since=SINCE) == Answer.NOT_TAKEN

    (tmp_path / "mail.log.1").unlink()
    (tmp_path / "mail.log.2").unlink()
    assert relay.ask(OTHER, since=SINCE) == Answer.CANNOT_SAY


def test_of_a_large_log_only_the_end_is_read_and_what_lies_before_is_not_denied(
    write, tmp_path, monkeypatch
):
    crowd = [(seconds, "smtpd", "connect from localhost[127.0.0.1]") for seconds in range(300)]
    write(BEFORE, name="mail.log.1")
    relay = write(BEFORE, came(), queued(), *crowd)
    assert relay.ask(OTHER, since=SINCE) == Answer.NOT_TAKEN

    monkeypatch.setattr(postfix, "MOST_BYTES", (tmp_path / "mail.log").stat().st_size // 2)

    assert relay.ask(OTHER, since=SINCE) == Answer.CANNOT_SAY
    assert relay.ask(OTHER, since=SINCE + timedelta(seconds=270)) == Answer.NOT_TAKEN


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe no log\n", b"Feb 31 25:00:00 host x\n"])
def test_what_is_no_log_cannot_say(tmp_path, caplog, content):
    path = tmp_path / "mail.log"
    if content is not None:
        path.write_bytes(content)

    assert PostfixRelay(path).ask(OURS, since=SINCE) == Answer.CANNOT_SAY
    assert str(path) in caplog.text


def test_a_date_without_its_year_is_the_latest_one_that_has_been():
    tomorrow_a_year_ago = datetime.now(UTC) + timedelta(days=3)

    read = postfix._time_of(f"{tomorrow_a_year_ago:%b %e %H:%M:%S} host postfix".encode())

    assert read is not None
    assert timedelta(days=360) < datetime.now(UTC) - read < timedelta(days=364)
