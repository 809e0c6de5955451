"""Ten thousand letters on the worst of days.

Celery's workers deliver to a mail server that puts letters off, breaks off and falls silent
(bench/bad_days.py), while they are killed, and PostgreSQL and Valkey are restarted under them.
Nothing may be lost. With a relay that can be asked nothing may arrive twice either; with a mute
one, what arrives twice has the same Message-ID.

Pauses between tries are cut short; all else is as in life.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from bench.offices import make_offices
from bench.prepare import prepare
from bench.signatures import make_signatures
from local.places import ROOT, Home
from petitions.delivery.batches import close_batch
from petitions.models import Delivery, Petition, Visibility

OFFICES = int(os.environ.get("BENCH_OFFICES", "2000"))
KILLS = 50
RESTARTS = 2
WORKERS = 2
SIGNERS = 100
# Seconds in which no letter is sent: then something is lost for good.
STUCK = 300

State = Delivery.State


class Restartable(Protocol):
    def restart(self) -> None: ...


@dataclass(frozen=True)
class Outcome:
    letters: int
    kills: int
    restarts: int
    seconds: float
    lost: int
    twice: int
    unowed: int
    """Letters that arrived under a Message-ID that no delivery has."""

    def words(self, relay: str) -> str:
        return (
            f"{self.letters:,} letters, {relay} relay, {self.seconds:.0f} s: {self.kills} workers"
            f" killed, {self.restarts} restarts of PostgreSQL and Valkey; {self.lost} lost,"
            f" {self.twice} twice at the relay, {self.unowed} under another Message-ID"
        )

    def figures(self, relay: str) -> dict[str, dict[str, float | str]]:
        return {
            f"{relay}_relay_letters_{name}": {"value": value, "unit": f"of {self.letters}"}
            for name, value in {
                "lost": self.lost,
                "twice": self.twice,
                "under_another_message_id": self.unowed,
            }.items()
        }


def live_through(home: Home, servers: Sequence[Restartable]) -> Outcome:
    prepare()
    owed = owe_letters()
    mailbox = Path(settings.MAILBOX_DIR)
    started = time.monotonic()
    with mail_server(mailbox) as port:
        day = Day(home, servers, port, letters=len(owed))
        try:
            day.go_on_until_all_is_sent()
        finally:
            day.end()
    taken = Counter(message_ids(mailbox))
    return Outcome(
        letters=len(owed),
        kills=day.kills,
        restarts=day.restarts,
        seconds=time.monotonic() - started,
        lost=len(owed - set(taken)),
        twice=sum(times > 1 for times in taken.values()),
        unowed=len(set(taken) - owed),
    )


def owe_letters() -> set[str]:
    """A batch of each petition to each office; the Message-IDs of all their letters."""
    offices = make_offices(OFFICES)
    for petition in Petition.objects.all():
        petition.approve_letters(by=None, now=timezone.now())
        petition.offices.set(offices)
        make_signatures(petition, SIGNERS, visibility=Visibility.WITHHELD)
        close_batch(petition, now=timezone.now())
    return set(Delivery.objects.values_list("message_id", flat=True))


class Day:
    """Beat and workers, and what befalls them."""

    def __init__(
        self, home: Home, servers: Sequence[Restartable], port: int, *, letters: int
    ) -> None:
        self.home = home
        self.servers = servers
        self.letters = letters
        self.environment = os.environ | {"EMAIL_URL": f"smtp://127.0.0.1:{port}"}
        self.dice = random.Random(7)  # noqa: S311 - a benchmark's dice
        self.kills = 0
        self.restarts = 0
        self.beat = self.celery("beat", "beat", "-s", str(home.folder / "beat"))
        self.workers = {number: self.worker(number) for number in range(WORKERS)}

    def celery(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        with (self.home.log / f"{name}.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own
                [sys.executable, "-m", "celery", "-A", "campaign", *words],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def worker(self, number: int) -> subprocess.Popen[bytes]:
        return self.celery(
            f"worker-{number}",
            *("worker", "-Q", "letters", "-l", "INFO", "-c", "1", "-n", f"{number}@day"),
            *("--without-gossip", "--without-mingle"),
        )

    def go_on_until_all_is_sent(self) -> None:
        left, moved_at = self.letters, time.monotonic()
        while left:
            time.sleep(self.dice.uniform(0.2, 1.0))
            before, left = left, hurry()
            if left < before:
                moved_at = time.monotonic()
            elif time.monotonic() > moved_at + STUCK:
                return
            self.strike(sent=self.letters - left)

    def strike(self, *, sent: int) -> None:
        """Kills and restarts are spread over the whole day, the last tenth of it aside."""
        progress = sent / (0.9 * self.letters)
        if self.restarts < RESTARTS and progress > (self.restarts + 0.5) / RESTARTS:
            for server in self.servers:
                server.restart()
            self.restarts += 1
        elif self.kills < min(KILLS, KILLS * progress):
            number = self.dice.randrange(WORKERS)
            kill(self.workers[number])
            self.workers[number] = self.worker(number)
            self.kills += 1

    def end(self) -> None:
        for process in (self.beat, *self.workers.values()):
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL, to its children too."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def hurry() -> int:
    """Cut the pauses between tries short; how many letters are not sent yet."""
    while True:
        with suppress(OperationalError, InterfaceError):
            now = timezone.now()
            Delivery.objects.filter(state=State.READY, due_at__gt=now).update(due_at=now)
            return Delivery.objects.exclude(state=State.SENT).count()
        connection.close()
        time.sleep(0.2)


@contextmanager
def mail_server(mailbox: Path) -> Iterator[int]:
    with subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-m", "bench.bad_days", mailbox, "7"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None  # noqa: S101 - it is a pipe
            yield int(server.stdout.readline())
        finally:
            server.kill()


def message_ids(mailbox: Path) -> Iterator[str]:
    """Of all that the mail server has taken."""
    for path in (mailbox / "new").iterdir():
        with path.open("rb") as mail:
            yield str(BytesHeaderParser().parse(mail)["Message-ID"])
