"""What befalls the site in bench/fault_day.py: each fault begins, lasts, and is over."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import InterfaceError, OperationalError, connection

from bench import small_disk
from bench.fault_site import Site
from bench.server import workers_of

HOUR = 3600
# Of PostgreSQL's log: more than the segments hold that lie ready.
LOG_MEGABYTES = 96


@dataclass(frozen=True)
class Fault:
    name: str
    words: str
    befall: Callable[[Site], AbstractContextManager[None]]
    """While the block runs, it lasts."""
    seconds: float = 8
    needs_small_disk: bool = False


def _fault(name: str, words: str, **how: float | bool) -> Callable[..., Fault]:
    def make(befall: Callable[[Site], Iterator[None]]) -> Fault:
        FAULTS[name] = Fault(name, words, contextmanager(befall), **how)  # type: ignore[arg-type]
        return FAULTS[name]

    return make


FAULTS: dict[str, Fault] = {}

# --- What it had in its hands comes up again after five minutes, so it comes first


@_fault("mailer-killed", "mailer killed in the middle of its work", seconds=4)
def _kill_mailer(site: Site) -> Iterator[None]:
    site.kill("mailer")
    yield


# --- What everything stands on


@_fault("broker", "broker (and counters) killed")
def _kill_broker(site: Site) -> Iterator[None]:
    site.valkey.kill()
    yield
    site.valkey.start()


@_fault("database-restart", "PostgreSQL restarted", seconds=0)
def _restart_database(site: Site) -> Iterator[None]:
    site.postgres.stop()
    site.postgres.start()
    yield


@_fault("database", "PostgreSQL stopped")
def _stop_database(site: Site) -> Iterator[None]:
    site.postgres.stop()
    yield
    site.postgres.start()


@_fault("database-killed", "PostgreSQL killed, with all its sessions")
def _kill_database(site: Site) -> Iterator[None]:
    site.postgres.kill()
    yield
    site.postgres.start()


@_fault("disk-database", "PostgreSQL’s disk full", needs_small_disk=True)
def _fill_database_disk(site: Site) -> Iterator[None]:
    data = _data_of(site)
    small_disk.fill(data)
    _use_up_the_log()
    yield
    small_disk.empty(data)
    # It ends itself where it can't write its log; Debian's unit starts it again by hand only.
    if site.postgres.child is None or not site.postgres.child.is_alive:
        site.postgres.restart()


@_fault("disk-memory", "disk full where the deliverer keeps its memory", needs_small_disk=True)
def _fill_memory(site: Site) -> Iterator[None]:
    small_disk.fill(site.memory)
    yield
    small_disk.empty(site.memory)


# --- Processes


@_fault("web-worker", "one of two web workers killed")
def _kill_web_worker(site: Site) -> Iterator[None]:
    child = site.kept["web"].child
    assert child is not None  # noqa: S101 - it runs
    os.kill(workers_of(child.process.pid)[0], signal.SIGKILL)
    yield


@_fault("web", "web server killed")
def _kill_web(site: Site) -> Iterator[None]:
    site.kill("web")
    yield
    site.live_until(site.is_open, seconds=30)


@_fault("beat-away", "beat away")
def _take_beat_away(site: Site) -> Iterator[None]:
    beat = site.kept.pop("beat")
    beat.kill()
    yield
    site.kept["beat"] = beat
    site.start("beat")


@_fault("beat-twice", "two beats")
def _start_beat_twice(site: Site) -> Iterator[None]:
    second = site.unit("beat")
    second.program.command[second.program.command.index("-s") + 1] += "-of-the-second"  # type: ignore[index]
    site.kept["beat-2"] = second
    site.start("beat-2")
    yield
    site.take_away("beat-2")


def _with_clock(name: str, seconds: int) -> Callable[[Site], Iterator[None]]:
    def befall(site: Site) -> Iterator[None]:
        right = site.kept[name]
        right.stop()
        site.kept[name] = site.unit(name, clock=seconds)
        site.start(name)
        yield
        site.kept[name].stop()
        site.kept[name] = right
        site.start(name)

    return befall


_fault("mailer-ahead", "the mailer’s clock an hour ahead")(_with_clock("mailer", HOUR))
_fault("mailer-behind", "the mailer’s clock an hour behind")(_with_clock("mailer", -HOUR))
_fault("deliverer-ahead", "the deliverer’s clock an hour ahead")(_with_clock("deliverer", HOUR))
_fault("deliverer-behind", "the deliverer’s clock an hour behind")(_with_clock("deliverer", -HOUR))


# --- What is put off here comes up again after half a minute or more


@_fault("deliverer-killed", "deliverer killed in the middle of its work", seconds=4)
def _kill_deliverer(site: Site) -> Iterator[None]:
    site.kill("deliverer")
    yield


def _in_the_mood(mood: str) -> Callable[[Site], Iterator[None]]:
    def befall(site: Site) -> Iterator[None]:
        site.mood.write_text(mood)
        yield
        site.mood.write_text("")

    return befall


_fault("mail-refuses", "mail server refuses for now")(_in_the_mood("put off at RCPT"))
_fault("mail-drops", "mail server takes mails and hangs up before it says so")(
    _in_the_mood("break off after the dot")
)


@_fault("mail-away", "mail server away")
def _take_mail_away(site: Site) -> Iterator[None]:
    relay = site.kept.pop("relay")
    relay.kill()
    yield
    site.kept["relay"] = relay
    site.start("relay")


# The last: for half a minute the workers wait for it, and would not notice what came next.
_fault("mail-hangs", "mail server falls silent in the middle")(_in_the_mood("silent in DATA"))


# --- What they need


def _data_of(site: Site) -> Path:
    return Path(site.postgres.program.command[site.postgres.program.command.index("-D") + 1])


def _use_up_the_log() -> None:
    """What has its room already can be written; here nobody has time to wait for the rest."""

    def write() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_logical_emit_message(true, 'full', repeat('x', 1000000))")

    for _ in range(LOG_MEGABYTES):
        try:
            write()
        except (OperationalError, InterfaceError):
            connection.close()
            return
