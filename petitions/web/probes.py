"""What machines ask: whether this process answers, and whether it can do its work.

In front of Django, since a kubelet or a proxy asks by an address, without a host name or TLS, and
must be answered while all desks of the waiting room are taken. An answer says one word of what
is missing, which tells a stranger no more than the site's own 503.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.signals import request_finished
from django.db import Error, connection

from petitions.vault import VaultError, vault
from petitions.wsgi import Application, Environ, StartResponse

log = logging.getLogger(__name__)

ALIVE = "/healthz"
READY = "/readyz"
PROBES = {ALIVE, READY}
OK = "200 OK"
UNAVAILABLE = "503 Service Unavailable"
BROKEN = "500 Internal Server Error"
HEADERS = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
]
# Whoever asks more often is told what was found last.
LOOKS_EVERY_SECONDS = 1.0


class Probes:
    """A WSGI application around the others, and the last that can catch what they raise."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._readiness = _Readiness()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            if environ["PATH_INFO"] in PROBES and environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
                return self._tell(environ, start_response)
            return self._application(environ, start_response)
        except Exception:
            # The server would write down its words, in which people may stand.
            log.exception("a request broke before Django answered it")
            return _say(BROKEN, "error", environ, start_response)

    def _tell(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        missing = self._readiness.missing() if environ["PATH_INFO"] == READY else ""
        return _say(UNAVAILABLE if missing else OK, missing or "ok", environ, start_response)


class _Readiness:
    """One look at a time: a database that is away must not hold up a thread for each question."""

    def __init__(self) -> None:
        self._looking = threading.Lock()
        self._looked_at = float("-inf")
        self._missing = "start"

    def missing(self) -> str:
        if self._looking.acquire(blocking=False):
            try:
                if time.monotonic() - self._looked_at >= LOOKS_EVERY_SECONDS:
                    self._missing = what_is_missing()
                    self._looked_at = time.monotonic()
            finally:
                self._looking.release()
        return self._missing


def what_is_missing() -> str:
    """One word, or none where this process can do its work."""
    try:
        vault().check(settings.ROLE.secrets)
    except VaultError:
        return "keys"
    try:
        return "" if _wanted_migrations() <= _applied_migrations() else "migrations"
    except Error:
        return "database"
    finally:
        # As at the end of a request of Django's: connections are given back.
        request_finished.send(sender=Probes)


def _applied_migrations() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return set(cursor.fetchall())


@cache
def _wanted_migrations() -> frozenset[tuple[str, str]]:
    """By their files' names: to load them takes megabytes that a web process does not have."""
    return frozenset(
        (app.label, file.stem)
        for app in apps.get_app_configs()
        for file in Path(app.path, "migrations").glob("[!_]*.py")
    )


def _say(
    status: str, word: str, environ: Environ, start_response: StartResponse
) -> Iterable[bytes]:
    body = f"{word}\n".encode()
    start_response(status, [*HEADERS, ("Content-Length", str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
