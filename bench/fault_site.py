"""The whole site for bench/fault_day.py: it is kept alive as systemd keeps it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

from bench.deployed import as_deployed, opens, server
from bench.restartable import Server
from bench.server import HOST, free_port
from bench.small_disk import can_be_made, small_disk
from bench.viral_site import CLIENT_HEADER
from local.places import Home
from local.stopping import pause

T = TypeVar("T")
# RestartSec= of the units.
RESTART_AFTER = 2
MEMORY_MEGABYTES = 1


@dataclass
class Site:
    home: Home
    postgres: Server
    valkey: Server
    port: int
    mailbox: Path
    """A Maildir with all mails that arrived."""
    mood: Path
    """What the mail server does: bench/moody_relay.py."""
    memory: Path
    """Where the deliverer keeps what must outlive the database."""
    variables: dict[str, str]
    kept: dict[str, Server] = field(default_factory=dict)
    """By their names, those that systemd starts again two seconds after they died."""
    died_at: dict[str, float] = field(default_factory=dict)

    def unit(self, name: str, *, clock: int = 0) -> Server:
        variables, port = self.variables, None
        if name == "web":
            variables = variables | {"DJANGO_SETTINGS_MODULE": "bench.fault_settings"}
            port = self.port
        return as_deployed(self.home, name, port=port, clock=clock, **variables)

    def start(self, name: str) -> None:
        """What it said before is kept beside what it says now."""
        log = self.home.log / f"{name}.log"
        if log.exists():
            log.rename(log.with_name(f"{name}-{len(list(self.home.log.glob(f'{name}-*')))}.log"))
        self.kept[name].start()

    def kill(self, name: str) -> None:
        """SIGKILL to the process and its children; it is started again like any that died."""
        self.kept[name].kill()

    def take_away(self, name: str) -> None:
        """Killed, and nobody starts it again."""
        self.kept.pop(name).kill()

    def live_on(self, seconds: float) -> None:
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at:
            self.start_what_died()
            pause(0.1)

    def live_until(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Whether it came true in that time."""
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at:
            if condition():
                return True
            self.live_on(0.2)
        return False

    def start_what_died(self) -> None:
        for name, each in self.kept.items():
            if each.child is not None and each.child.is_alive:
                self.died_at.pop(name, None)
                continue
            # Nothing of it may be left, nor may it be missed.
            each.stop()
            if time.monotonic() > self.died_at.setdefault(name, time.monotonic()) + RESTART_AFTER:
                self.start(name)

    def is_open(self) -> bool:
        return opens(self.port)()


@contextmanager
def site_on(home: Home, postgres: Server, valkey: Server) -> Iterator[Site]:
    port, mail_port = free_port(), free_port()
    mailbox, mood, memory = (home.folder / name for name in ("mailbox", "mood", "memory"))
    mood.write_text("")
    memory.mkdir()
    variables = {
        "SITE_URL": f"http://{HOST}:{port}",
        "ALLOWED_HOSTS": HOST,
        "CLIENT_ADDRESS_HEADER": CLIENT_HEADER,
        "EMAIL_URL": f"smtp://{HOST}:{mail_port}",
        "RELAY_URL": f"maildir://{mailbox}",
        "LEDGER_MEMORY_DIR": str(memory),
    }
    site = Site(home, postgres, valkey, port, mailbox, mood, memory, variables)
    relay = [sys.executable, "-m", "bench.moody_relay", str(mailbox), str(mail_port), str(mood)]
    site.kept["relay"] = server(home, "relay", relay, dict(os.environ), opens(mail_port))
    for name in ("web", "mailer", "mailer-news", "deliverer", "deliverer-reports", "beat"):
        site.kept[name] = site.unit(name)
    with ExitStack() as stack:
        if can_be_made():
            stack.enter_context(small_disk(memory, megabytes=MEMORY_MEGABYTES))
        stack.callback(lambda: [each.stop() for each in site.kept.values()])
        for name in site.kept:
            site.start(name)
        site.live_until(site.is_open, seconds=60)
        yield site


def patiently(ask: Callable[[], T], *, seconds: float = 60) -> T:
    """What the database answers, once it does."""
    ends_at = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except (OperationalError, InterfaceError):
            if time.monotonic() > ends_at:
                raise
        with suppress(Exception):
            connection.close()
        pause(0.3)
