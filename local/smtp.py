"""The local mail server: takes every message, and keeps it in a Maildir.

    python -m local.smtp --port 2525 --mailbox var/mailbox

It answers 250 only when the message is on the disk. A file's name carries a digest of the
Message-ID, so that whoever lost the answer can ask by name alone whether a message arrived:
`new/*.<digest>*` and `cur/*.<digest>*`.
"""

import argparse
import asyncio
import hashlib
import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from email.parser import BytesHeaderParser
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"
SIZE_LIMIT = 64 * 1024 * 1024
DIGEST_LENGTH = 32


class Maildir:
    """Delivers as Maildir asks: whole into `tmp`, then renamed into `new`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = itertools.count(1)
        for name in ("tmp", "new", "cur"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def deliver(self, message: bytes) -> str:
        """Keeps the message, on the disk for good when this returns; returns its name."""
        name = f"{time.time_ns()}.{os.getpid()}_{next(self.numbers)}.{digest_of(message)}"
        draft = self.folder / "tmp" / name
        with draft.open("wb") as file:
            file.write(message)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self.folder / "new" / name)
        # The rename too must outlive a loss of power.
        sync_folder(self.folder / "new")
        return name


def digest_of(message: bytes) -> str:
    head = message.partition(b"\r\n\r\n")[0]
    return digest_of_id(str(BytesHeaderParser().parsebytes(head).get("Message-ID", "")))


def digest_of_id(message_id: str) -> str:
    """The part of a file's name that tells which Message-ID the message has."""
    return hashlib.sha256(message_id.strip().encode()).hexdigest()[:DIGEST_LENGTH]


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Keeper:
    """What the server does with a message; tests derive from it to lose answers or refuse."""

    def __init__(self, folder: Path) -> None:
        self.maildir = Maildir(folder)

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self,
        _connection: SMTP,
        _session: Session,
        envelope: Envelope,
    ) -> str:
        # In a thread, so that other connections talk on while the disk writes.
        name = await asyncio.to_thread(self.maildir.deliver, with_envelope(envelope))
        return f"250 2.0.0 kept as {name}"


def with_envelope(envelope: Envelope) -> bytes:
    """The message under headers that say from whom and to whom it was really sent."""
    lines = [("X-Envelope-From", envelope.mail_from or "")]
    lines += [("X-Envelope-To", address) for address in envelope.rcpt_tos]
    headers = "".join(f"{name}: {escaped(address)}\r\n" for name, address in lines)
    content = envelope.original_content or b""
    return headers.encode(errors="surrogateescape") + content


def escaped(address: str) -> str:
    """Nothing in an address may end its header line."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in address)


class Connection(SMTP):
    """One connection's talk; tests derive from it to break off in the middle."""

    # Seconds of silence before it is closed.
    patience: float = 300

    def __init__(self, keeper: Keeper) -> None:
        super().__init__(
            keeper,
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            # Else each connection asks the name service for this machine's name.
            hostname="localhost",
            ident="Five Asks, local mail",
            timeout=self.patience,
        )


@contextmanager
def mail_server(keeper: Keeper, connection: type[Connection] = Connection) -> Iterator[int]:
    """Runs the server in a thread of its own, for tests; yields its port."""
    running: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = Future()

    async def talk() -> None:
        server = await listen(keeper, connection, port=0)
        enough = asyncio.Event()
        running.set_result((asyncio.get_running_loop(), enough, port_of(server)))
        await enough.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(talk()), daemon=True)
    thread.start()
    loop, enough, port = running.result(10)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(enough.set)
        thread.join(10)


async def listen(keeper: Keeper, connection: type[Connection], *, port: int) -> asyncio.Server:
    """Starts to listen; port 0 lets the system choose one."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: connection(keeper), HOST, port)


def port_of(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="local.smtp", description="The local mail server.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--mailbox", type=Path, required=True, help="the Maildir's folder")
    parser.add_argument("--timeout", type=float, default=300, help="seconds of silence allowed")
    chosen = parser.parse_args(arguments)
    Connection.patience = chosen.timeout
    asyncio.run(serve_until_signal(Keeper(chosen.mailbox), port=chosen.port))


async def serve_until_signal(keeper: Keeper, *, port: int) -> None:
    until = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, until.set)
    server = await listen(keeper, Connection, port=port)
    print(f"Listening on {HOST}:{port_of(server)}", flush=True)
    await until.wait()
    server.close()


if __name__ == "__main__":
    main()
