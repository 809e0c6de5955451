"""Figures for Prometheus, from PostgreSQL: the same look as the organizers' page takes.

It stands in front of Django, since Prometheus asks by an address and without TLS. Who does not
have METRICS_TOKEN sees what is at an address that does not exist.

No label names a person, nor a petition beside a country. What is small and not public is rounded
up to tens: a row's time is kept by the hour, and two figures a minute apart must not tell more.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from django.conf import settings
from django.core.signals import request_finished
from django.db import connection
from django.db.models import Count
from django.utils import timezone, translation
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from petitions.admin import health
from petitions.admin.checks import checks_of
from petitions.admin.health import MONTHS_OF_A_KEY, KeyState, Machines
from petitions.models import Export, Head, MailHour, Petition, SignRequest, Tally, TurnedAway
from petitions.models.clock import add_months
from petitions.models.turned_away import LOOKS_BACK
from petitions.wsgi import Application, Environ, StartResponse

PATH = "/metrics"
TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Nobody needs them more often, whoever else asks.
FRESH_SECONDS = 5.0
ON_THEIR_WAY = (Export.State.WAITING, Export.State.QUEUED, Export.State.MAKING)


class MetricsDoor:
    """A WSGI application around the organizers' site."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._lock = threading.Lock()
        self._made_at = float("-inf")
        self._text = b""

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH or not _may_read(environ):
            return self._application(environ, start_response)
        body = self._fresh()
        start_response(
            "200 OK",
            [
                ("Content-Type", TYPE),
                ("Content-Length", str(len(body))),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
        return [body]

    def _fresh(self) -> bytes:
        with self._lock:
            if time.monotonic() - self._made_at >= FRESH_SECONDS:
                try:
                    self._text = metrics_text()
                finally:
                    # As at the end of a request of Django's: connections are given back.
                    request_finished.send(sender=MetricsDoor)
                self._made_at = time.monotonic()
            return self._text


def _may_read(environ: Environ) -> bool:
    token = settings.METRICS_TOKEN
    said = environ.get("HTTP_AUTHORIZATION", "")
    return bool(token) and hmac.compare_digest(said.encode(), f"Bearer {token}".encode())


def metrics_text() -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures())
    # Names of checks are no words; the words beside them are not shown here.
    with translation.override(None):
        return generate_latest(registry)


class _Figures(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        began = time.monotonic()
        now = timezone.now()
        machines = health.look(now=now)
        yield from _checks(machines, now=now)
        yield from _waiting(machines, now=now)
        yield from _mails(now=now)
        yield from _signatures()
        yield from _letters(machines, now=now)
        yield from _times(machines)
        yield from _keys(machines.keys)
        yield from _database(machines)
        yield _one("fiveasks_look_seconds", "How long this look took.", time.monotonic() - began)


def _checks(machines: Machines, *, now: datetime) -> Iterator[GaugeMetricFamily]:
    yield _by(
        "fiveasks_check_wrong",
        '1 where the organizers\' page "Is everything all right?" shows red.',
        "check",
        {each.name: int(each.wrong) for each in checks_of(machines, now=now)},
    )


def _waiting(machines: Machines, *, now: datetime) -> Iterator[GaugeMetricFamily]:
    yield _by(
        "fiveasks_waiting",
        "Work that waits, rounded up to tens.",
        "work",
        {each.work: coarse(each.count) for each in machines.waiting},
    )
    yield _by(
        "fiveasks_waiting_oldest_seconds",
        "For how long the oldest of it has been due, by the minute; 0 where none waits.",
        "work",
        {each.work: _age(each.since, now=now) for each in machines.waiting},
    )


def _mails(*, now: datetime) -> Iterator[GaugeMetricFamily]:
    booked = MailHour.objects.mails_since(now - LOOKS_BACK)
    yield _one(
        "fiveasks_mails_booked_day", "Mails of the last day, rounded up to tens.", coarse(booked)
    )
    retried = SignRequest.objects.refused(tries=2).count()
    yield _one(
        "fiveasks_confirmation_mails_retried",
        "Confirmation mails that the relay did not take at once, rounded up to tens.",
        coarse(retried),
    )
    away = dict.fromkeys(TurnedAway.Why.values, 0) | TurnedAway.objects.of_the_last_day(now=now)
    yield _by(
        "fiveasks_forms_turned_away_day",
        "Forms of the last day that get no mail, rounded up to tens.",
        "why",
        {str(why): coarse(count) for why, count in away.items()},
    )


def _signatures() -> Iterator[GaugeMetricFamily]:
    """What each petition's page shows to everybody."""
    counts = Tally.objects.by_petition()
    petitions = Petition.objects.exclude(state=Petition.State.DRAFT).order_by("number")
    yield _by(
        "fiveasks_signatures",
        "Signatures that count, as the petition's page shows them.",
        "petition",
        {slug: counts.get(pk, 0) for pk, slug in petitions.values_list("pk", "slug")},
    )


def _letters(machines: Machines, *, now: datetime) -> Iterator[GaugeMetricFamily]:
    letters = machines.letters
    yield _by("fiveasks_deliveries", "Letters to offices.", "state", letters.by_state)
    yield _by(
        "fiveasks_deliveries_oldest_seconds",
        "For how long the oldest letter of a state that ought to pass has been in it.",
        "state",
        {state: _age(since, now=now) for state, since in letters.since.items()},
    )
    yield _one(
        "fiveasks_batches_overdue",
        "Petitions whose next batch should have been closed.",
        letters.overdue_batches,
    )
    yield _one(
        "fiveasks_batches_unpublished",
        "Batches whose letters wait for the public log.",
        letters.unpublished,
    )
    yield _one(
        "fiveasks_signatures_damaged",
        "Signatures whose sealed details do not open.",
        machines.damaged,
    )
    exports = Export.objects.filter(state__in=ON_THEIR_WAY).order_by().values_list("state")
    states = dict.fromkeys(map(str, ON_THEIR_WAY), 0) | dict(exports.annotate(Count("pk")))
    yield _by("fiveasks_exports", "Exports on their way.", "state", states)


def _times(machines: Machines) -> Iterator[GaugeMetricFamily]:
    yield _by(
        "fiveasks_tick_last_timestamp_seconds",
        "When work that repeats itself last came to its end; 0 if never.",
        "tick",
        {each.name: _timestamp(each.at) for each in machines.ticks},
    )
    yield _by(
        "fiveasks_logged_last_timestamp_seconds",
        "When the program last logged an alarm or an error; 0 if never.",
        "kind",
        {
            "alarm": _timestamp(max(machines.alarms.values(), default=None)),
            "error": _timestamp(max(machines.faults.values(), default=None)),
        },
    )
    yield _one(
        "fiveasks_backup_last_timestamp_seconds",
        "When a backup was last noted; 0 if never.",
        _timestamp(machines.backup.at),
    )
    newest = Head.objects.order_by("-pk").values_list("published_at", flat=True).first()
    yield _one(
        "fiveasks_log_published_timestamp_seconds",
        "When a public log was last published; 0 if never.",
        _timestamp(newest),
    )


def _keys(keys: list[KeyState]) -> Iterator[GaugeMetricFamily]:
    yield _by(
        "fiveasks_key_due_timestamp_seconds",
        "From when on the active key ought to have been replaced; 0 where there is none.",
        "purpose",
        {str(each.purpose): _due(each.epoch) for each in keys},
    )


def _database(machines: Machines) -> Iterator[GaugeMetricFamily]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        (size,) = cursor.fetchone()
    yield _one("fiveasks_database_bytes", "Size of the database.", size)
    if machines.replica_behind is not None:
        yield _one(
            "fiveasks_replica_behind_seconds",
            "How far the replica is behind.",
            machines.replica_behind.total_seconds(),
        )


# --- Figures


def coarse(count: int) -> int:
    """Rounded up to tens: one more or fewer is not seen but at every tenth."""
    return -(-count // 10) * 10


def _age(since: datetime | None, *, now: datetime) -> int:
    if since is None or since > now:
        return 0
    return int((now - since).total_seconds()) // 60 * 60


def _timestamp(at: datetime | None) -> float:
    return at.timestamp() if at else 0


def _due(epoch: str) -> float:
    if not epoch:
        return 0
    month = datetime(int(epoch[:4]), int(epoch[5:7]), 1, tzinfo=UTC)
    return add_months(month, MONTHS_OF_A_KEY + 1).timestamp()


def _one(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


def _by(name: str, words: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, figure in values.items():
        family.add_metric([str(value)], figure)
    return family
