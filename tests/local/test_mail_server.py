"""What a 250 of the local mail server is worth."""

import signal
import smtplib
import socket
import subprocess
import sys
import threading

import pytest

from local.smtp import Connection, Keeper, digest_of_id, mail_server

MESSAGE_ID = "<letter-1@fiveasks.example>"
MESSAGE = f"From: a@asks.example\r\nMessage-ID: {MESSAGE_ID}\r\nSubject: Hello\r\n\r\nText.\r\n"


def send(port, message=MESSAGE, *, to="ann@mail.example", options=()):
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.sendmail("hello@asks.example", [to], message, mail_options=options)


def arrived(folder):
    return sorted((folder / "new").iterdir())


def named_after(folder, message_id):
    return list((folder / "new").glob(f"*.{digest_of_id(message_id)}*"))


class TakesAndBreaksOff(Keeper):
    async def handle_DATA(self, connection, session, envelope):  # noqa: N802 - aiosmtpd's name
        await super().handle_DATA(connection, session, envelope)
        connection.transport.abort()
        return "250 never read"


class BreaksOffInTheMiddle(Connection):
    async def smtp_DATA(self, _arg):  # noqa: N802 - aiosmtpd's name
        await self.push("354 go on")
        await self._reader.readline()
        self.transport.abort()


class IsBusy(Keeper):
    async def handle_DATA(self, *_):  # noqa: N802 - aiosmtpd's name
        return "451 4.3.0 come back later"


def test_a_message_can_be_asked_after_by_its_message_id(tmp_path):
    with mail_server(Keeper(tmp_path)) as port:
        send(port)
    (path,) = named_after(tmp_path, f"  {MESSAGE_ID} ")
    assert path.read_bytes().endswith(MESSAGE.encode())
    assert named_after(tmp_path, "<another@fiveasks.example>") == []


def test_a_message_whose_answer_was_lost_is_there_once(tmp_path):
    with mail_server(TakesAndBreaksOff(tmp_path)) as port, pytest.raises(smtplib.SMTPException):
        send(port)
    assert len(named_after(tmp_path, MESSAGE_ID)) == 1


def test_a_message_that_broke_off_is_not_there(tmp_path):
    with mail_server(Keeper(tmp_path), BreaksOffInTheMiddle) as port:
        with pytest.raises((smtplib.SMTPException, OSError)):
            send(port, MESSAGE + "x\r\n" * 100_000)
        assert arrived(tmp_path) == []
        assert list((tmp_path / "tmp").iterdir()) == []


def test_a_busy_server_keeps_nothing_and_says_so(tmp_path):
    with mail_server(IsBusy(tmp_path)) as port:
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            send(port)
        assert refusal.value.smtp_code == 451
    assert arrived(tmp_path) == []


def test_a_killed_server_has_kept_what_it_took(tmp_path):
    command = [sys.executable, "-m", "local.smtp", "--port", "0", "--mailbox", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        port = int(server.stdout.readline().rpartition(":")[2])
        send(port)
        server.send_signal(signal.SIGKILL)
    (path,) = arrived(tmp_path)
    assert path.read_bytes().endswith(MESSAGE.encode())


def test_many_at_once_are_all_kept(tmp_path):
    with mail_server(Keeper(tmp_path)) as port:
        senders = [
            threading.Thread(target=send, args=(port, MESSAGE.replace("letter-1", f"letter-{n}")))
            for n in range(20)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
    assert [len(named_after(tmp_path, f"<letter-{n}@fiveasks.example>")) for n in range(20)] == (
        [1] * 20
    )


def test_the_file_says_to_whom_it_really_went_in_any_script(tmp_path):
    with mail_server(Keeper(tmp_path)) as port:
        send(port, MESSAGE.encode(), to="анна@почта.example", options=["SMTPUTF8"])
    (path,) = arrived(tmp_path)
    first, second = path.read_text().splitlines()[:2]
    assert (first, second) == (
        "X-Envelope-From: hello@asks.example",
        "X-Envelope-To: анна@почта.example",
    )


def test_an_address_can_not_write_headers_of_its_own(tmp_path):
    lines = (
        b"EHLO here",
        b"MAIL FROM:<a@asks.example>",
        b'RCPT TO:<"x\x0bX-Forged: yes"@mail.example>',
        b"DATA",
        b"Subject: x\r\n\r\ntext\r\n.",
        b"QUIT",
    )
    with (
        mail_server(Keeper(tmp_path)) as port,
        socket.create_connection(("127.0.0.1", port), timeout=10) as client,
        client.makefile("rwb") as talk,
    ):
        for line in lines:
            talk.readline()
            talk.write(line + b"\r\n")
            talk.flush()
        talk.read()
    (path,) = arrived(tmp_path)
    assert b'X-Envelope-To: "x\\x0bX-Forged: yes"@mail.example' in path.read_bytes().splitlines()


def test_a_silent_connection_is_closed(tmp_path):
    class Impatient(Connection):
        patience = 0.2

    with (
        mail_server(Keeper(tmp_path), Impatient) as port,
        socket.create_connection(("127.0.0.1", port), timeout=10) as client,
    ):
        assert client.recv(3) == b"220"
        while client.recv(1024):
            pass
