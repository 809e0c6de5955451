"""Letters against a bare loop that hands the same bytes to the same mail server.

The site's side is the deliverer's queue in two processes a core, since each waits for the relay and
for PostgreSQL's disk half of the time: it claims and settles each letter in PostgreSQL and composes
it anew. The loop has its letters in memory, and
one connection. The server runs beside them, takes everything and keeps nothing.
"""

from __future__ import annotations

import itertools
import os
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from django.test import override_settings
from django.utils import timezone

from bench.compare import Figure, compare
from bench.offices import make_offices
from bench.signatures import make_signatures
from petitions.delivery.batches import close_batch
from petitions.delivery.letters import LetterDesk
from petitions.delivery.return_path import return_path
from petitions.models import Batch, Delivery, Office, Petition, Visibility

HOST = "127.0.0.1"
HANDS = 2 * (os.cpu_count() or 1)
LETTERS = 2_000
LETTERS_WITH_FILES = 300
SIGNERS = 1_000
# So many letters are composed for the loop, which sends them over and over.
SAMPLES = 100


@dataclass(frozen=True)
class Envelope:
    sender: str
    recipient: str
    letter: bytes


def measure_letters() -> dict[str, Figure]:
    offices = make_offices(LETTERS)
    plain = make_batch(2, offices, visibility=Visibility.WITHHELD)
    files = make_batch(3, offices[:LETTERS_WITH_FILES], visibility=Visibility.OFFICIALS)
    with tempfile.TemporaryDirectory() as folder, mail_server() as port:
        write_dkim_keys(Path(folder))
        return {
            **measure("letters", plain, port),
            **measure("letters_with_files", files, port),
            **measure("signed_letters", plain, port, dkim=Path(folder)),
        }


def measure(name: str, batch: Batch, port: int, *, dkim: Path | None = None) -> dict[str, Figure]:
    deliveries = Delivery.objects.filter(batch=batch)
    with override_settings(DKIM_DIR=dkim):
        envelopes = compose(deliveries[:SAMPLES])
    count = deliveries.count()
    with hands(EMAIL_URL=f"smtp://{HOST}:{port}", DKIM_DIR=str(dkim or "")) as deliverers:
        return compare(
            name,
            "letters/s",
            lambda: send_all(batch, deliverers),
            lambda: hand_over_in_a_loop(envelopes, count, port),
        )


def send_all(batch: Batch, deliverers: list[subprocess.Popen[str]]) -> float:
    """Letters a second, from the moment that they are due until all are settled."""
    deliveries = Delivery.objects.filter(batch=batch)
    count = deliveries.update(state=Delivery.State.READY, due_at=timezone.now(), tries=0)
    started = time.perf_counter()
    for deliverer in deliverers:
        print("send", file=deliverer.stdin, flush=True)
    sent = sum(int(deliverer.stdout.readline()) for deliverer in deliverers if deliverer.stdout)
    seconds = time.perf_counter() - started
    if sent != count or deliveries.sent().count() != count:
        raise RuntimeError(f"Only {sent} of {count} letters were sent.")
    return count / seconds


def hand_over_in_a_loop(envelopes: list[Envelope], count: int, port: int) -> float:
    started = time.perf_counter()
    with smtplib.SMTP(HOST, port, local_hostname="localhost") as smtp:
        for envelope in itertools.islice(itertools.cycle(envelopes), count):
            smtp.sendmail(envelope.sender, envelope.recipient, envelope.letter)
    return count / (time.perf_counter() - started)


def compose(deliveries: list[Delivery]) -> list[Envelope]:
    desk = LetterDesk()
    return [
        Envelope(return_path(each), each.office.email, desk.compose(each)) for each in deliveries
    ]


# --- What is measured


def make_batch(number: int, offices: list[Office], *, visibility: Visibility) -> Batch:
    """The petition's first one, of a thousand signatures, with a delivery to each office."""
    petition = Petition.objects.get(number=number)
    petition.approve_letters(by=None, now=timezone.now())
    petition.offices.set(offices)
    make_signatures(petition, SIGNERS, visibility=visibility)
    batch = close_batch(petition, now=timezone.now())
    assert batch is not None  # noqa: S101 - it has signatures
    # Until its turn comes.
    Delivery.objects.filter(batch=batch).update(state=Delivery.State.SENT)
    return batch


def write_dkim_keys(folder: Path) -> None:
    for name, key in {
        "rsa": generate_private_key(public_exponent=65537, key_size=2048),
        "ed": Ed25519PrivateKey.generate(),
    }.items():
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (folder / f"{name}.pem").write_bytes(pem)


# --- Who takes part


@contextmanager
def mail_server() -> Iterator[int]:
    with _child("bench.sink") as server:
        assert server.stdout is not None  # noqa: S101 - it is a pipe
        yield int(server.stdout.readline())


@contextmanager
def hands(**environment: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Deliverers that have loaded everything and wait for the word."""
    with ExitStack() as stack:
        deliverers = [
            stack.enter_context(_child("bench.deliverer", **environment)) for _ in range(HANDS)
        ]
        for deliverer in deliverers:
            assert deliverer.stdout is not None  # noqa: S101 - it is a pipe
            deliverer.stdout.readline()
        yield deliverers


@contextmanager
def _child(module: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-m", module],
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
