"""Half an hour of a petition that goes viral, in miniature.

Readers and signers come (bench/crowd.py), and of a sudden twenty times as many. Meanwhile the broker
is killed and comes back, PostgreSQL is restarted at the height of it and is away for a while later,
and the mailer is killed.

No form that was acknowledged may be lost: its confirmation mail has arrived, or its box waits for
it. Errors may come only while the database is away.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.parser import BytesHeaderParser
from enum import StrEnum
from pathlib import Path

from django.db import connection

from bench.compare import Figure
from bench.crowd import SPIKE, Told
from bench.prepare import prepare
from bench.restartable import Server
from bench.viral_site import Site, site_of_many
from bench.waiting import waiting_addresses
from local.places import Home
from local.processes import Program, meanwhile
from local.stopping import pause

SECONDS = float(os.environ.get("VIRAL_SECONDS", "180"))
# Until the crowd has read the form for as long as people need.
BEFORE_IT_BEGINS = 10
# What is under way when the database comes back.
UNDER_WAY_SECONDS = 1
WRONG_SHOWN = 3
OK, UNAVAILABLE = 200, 503
REFUSAL = re.compile(r"^(\S+ \S+) ERROR petitions.web.unavailable", re.MULTILINE)


@dataclass(frozen=True)
class Span:
    """Of the monotonic clock."""

    began: float
    ended: float


# --- What happens


@dataclass
class Day:
    home: Home
    postgres: Server
    valkey: Server
    site: Site
    away: list[Span] = field(default_factory=list)

    def befall(self, begins_at: float) -> None:
        """Each at its share of the day."""
        events = {
            0.25: self.valkey.kill,
            0.35: self.valkey.start,
            0.42: self.restart_postgres,
            0.52: self.kill_mailer,
            0.70: self.take_postgres_away,
            0.80: self.valkey.restart,
        }
        for share, event in events.items():
            pause(max(0, begins_at + share * SECONDS - time.monotonic()))
            event()

    def restart_postgres(self) -> None:
        with self.outage():
            self.postgres.restart()

    def take_postgres_away(self) -> None:
        with self.outage():
            self.postgres.stop()
            pause(0.05 * SECONDS)
            self.postgres.start()

    def kill_mailer(self) -> None:
        self.site.mailer.kill()
        self.site.mailer.start()

    @contextmanager
    def outage(self) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.away.append(Span(began, time.monotonic() + UNDER_WAY_SECONDS))


def live_through(home: Home, *, postgres: Server, valkey: Server) -> Outcome:
    prepare()
    file = home.folder / "told.jsonl"
    with site_of_many(home) as site:
        day = Day(home, postgres, valkey, site)
        begins_at = time.monotonic() + BEFORE_IT_BEGINS
        words = [str(site.port), str(begins_at), str(SECONDS), str(file)]
        command = [sys.executable, "-m", "bench.crowd", *words]
        with meanwhile(Program("crowd", command, os.environ), home):
            day.befall(begins_at)
    # Nobody sends any more: what is neither in a box nor in the mailbox is lost.
    answers = [Told(**json.loads(line)) for line in file.read_text().splitlines()]
    return look_back(answers, day, begins_at=begins_at)


# --- What came of it


class Kind(StrEnum):
    SERVED = "served"
    AWAY = "503 while PostgreSQL was away"
    BUSY = "503 of the waiting room in the rush"
    OTHER = "other errors"


@dataclass(frozen=True)
class Outcome:
    kinds: Counter[Kind]
    forms: int
    acknowledged: int
    mailed: int
    lost: int
    away_seconds: float
    p99_ms: float
    wrong: Sequence[str]
    """What the first of the other errors were."""

    def words(self) -> str:
        kinds = ", ".join(f"{self.kinds[kind]:,} {kind}" for kind in Kind)
        lines = [
            f"{self.kinds.total():,} requests in {SECONDS:.0f} s: {kinds}.",
            f"PostgreSQL was away for {self.away_seconds:.1f} s; p99 of all {self.p99_ms:.0f} ms.",
            f"{self.forms:,} forms, {self.acknowledged:,} acknowledged, {self.lost} lost.",
            f"{self.mailed:,} of these had their mail by the end; the others' boxes wait.",
        ]
        return "\n".join([*lines, *self.wrong])

    def figures(self) -> dict[str, Figure]:
        requests = f"of {self.kinds.total()} requests"
        return {
            "viral_acknowledged": {"value": self.acknowledged, "unit": f"of {self.forms} forms"},
            "viral_lost": {"value": self.lost, "unit": f"of {self.acknowledged}, goal 0"},
            "viral_errors_database_away": {"value": self.kinds[Kind.AWAY], "unit": requests},
            "viral_sent_away_busy": {"value": self.kinds[Kind.BUSY], "unit": requests},
            "viral_errors_other": {"value": self.kinds[Kind.OTHER], "unit": f"{requests}, goal 0"},
        }


def look_back(answers: Sequence[Told], day: Day, *, begins_at: float) -> Outcome:
    # Ours is from before the restarts.
    connection.close()
    rush = Span(*(begins_at + share * SECONDS for share in SPIKE))
    refusals = _refusals_in(day.home.log / "web.log")
    if any(not _is_excused(moment, day.away) for moment in refusals):
        # The database was the reason, so the rush is none.
        rush = Span(0, 0)
    kinds = {told: _kind(told, day.away, rush) for told in answers}
    forms = [told for told in answers if told.address]
    acknowledged = {told.address for told in forms if told.acknowledged}
    assert acknowledged  # noqa: S101 - or nothing was measured
    mailed = set(_addresses_in(day.site.mailbox))
    wrong = [told for told, kind in kinds.items() if kind == Kind.OTHER][:WRONG_SHOWN]
    return Outcome(
        kinds=Counter(kinds.values()),
        forms=len(forms),
        acknowledged=len(acknowledged),
        mailed=len(acknowledged & mailed),
        lost=len(acknowledged - mailed - set(waiting_addresses())),
        away_seconds=sum(away.ended - away.began - UNDER_WAY_SECONDS for away in day.away),
        p99_ms=1000 * statistics.quantiles([told.at - told.due_at for told in answers], n=100)[98],
        wrong=[f"After {told.at - begins_at:.2f} s:\n{told.words}" for told in wrong],
    )


def _kind(told: Told, away: Sequence[Span], rush: Span) -> Kind:
    if told.status == OK:
        return Kind.SERVED
    if told.status == UNAVAILABLE and _is_excused(told.at, away):
        return Kind.AWAY
    if told.status == UNAVAILABLE and _is_excused(told.at, [rush]):
        return Kind.BUSY
    return Kind.OTHER


def _is_excused(moment: float, spans: Sequence[Span]) -> bool:
    return any(span.began <= moment <= span.ended for span in spans)


def _refusals_in(log: Path) -> Iterator[float]:
    """When the site said that the database is unavailable, by the monotonic clock."""
    since_boot = time.time() - time.monotonic()
    for written in REFUSAL.findall(log.read_text()):
        yield datetime.strptime(written, "%Y-%m-%d %H:%M:%S,%f").timestamp() - since_boot  # noqa: DTZ007 - the log's time is local


def _addresses_in(mailbox: Path) -> Iterator[str]:
    for path in (mailbox / "new").iterdir():
        with path.open("rb") as mail:
            yield BytesHeaderParser().parse(mail)["X-Envelope-To"]
