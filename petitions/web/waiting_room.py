"""How many requests are worked on at once, how many may wait for it, and what the others are told.

A server that takes in all that come answers none of them in time. Beyond its room a request is
answered at once, by a page that is ready: nothing of it was begun, so nothing that was
acknowledged is lost; and what was typed travels in the page, for another try with one button.
"""

from __future__ import annotations

import io
import threading
from collections import deque
from collections.abc import Iterable
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.utils.translation import get_language_from_path

from petitions.wsgi import Application, Environ, StartResponse, read_all

BusyPage = tuple[list[tuple[str, str]], bytes]

# More of them only take the interpreter's lock from each other.
WORKED_ON = 4
WAIT = 24
# A database that restarts, or a machine that holds its breath, is back by then.
PATIENCE_SECONDS = 10
BUSY = "503 Service Unavailable"
# Where the page of web/unavailable.py holds the place of what was typed.
TYPED = b'<input type="hidden" name="typed" value="">'


class WaitingRoom:
    """A WSGI application around Django's. Threads share it."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._desks = _Desks(WORKED_ON, WAIT)
        self._busy_pages: dict[str, BusyPage] = {}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        _wait_for_body(environ)
        if not self._desks.take(PATIENCE_SECONDS):
            return self._send_away(environ, start_response)
        try:
            return self._application(environ, start_response)
        finally:
            self._desks.leave()

    def _send_away(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        language = get_language_from_path(environ["PATH_INFO"]) or settings.LANGUAGE_CODE
        kind = "form" if environ["REQUEST_METHOD"] == "POST" else "page"
        headers, page = self._busy_page(f"/{language}/busy/{kind}/")
        body = page.replace(TYPED, _inputs(environ))
        start_response(BUSY, [*headers, ("Content-Length", str(len(body)))])
        return [body]

    def _busy_page(self, path: str) -> BusyPage:
        if path not in self._busy_pages:
            self._busy_pages[path] = self._ask_django(path)
        return self._busy_pages[path]

    def _ask_django(self, path: str) -> BusyPage:
        answer: list[Any] = []
        chunks = self._application(_request_for(path), lambda *parts: answer.extend(parts))
        body = read_all(chunks)
        headers = [each for each in answer[1] if each[0].lower() != "content-length"]
        return headers, body


class _Desks:
    """Who waits gets the next free desk in the order of coming; a semaphore's go to whoever is quicker."""

    def __init__(self, desks: int, seats: int) -> None:
        self._free = desks
        self._seats = seats
        self._waiting: deque[threading.Lock] = deque()
        self._lock = threading.Lock()

    def take(self, seconds: float) -> bool:
        """False where all seats are taken, or none became free in time."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            if len(self._waiting) >= self._seats:
                return False
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        return turn.acquire(timeout=seconds) or self._got_it_after_all(turn)

    def _got_it_after_all(self, turn: threading.Lock) -> bool:
        with self._lock:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return False
        return True

    def leave(self) -> None:
        """The desk goes to who has waited longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


def _wait_for_body(environ: Environ) -> None:
    """Who sends slowly keeps a thread, of which there are many, and no desk."""
    length = _length(environ)
    if 0 < length <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))


def _length(environ: Environ) -> int:
    said = environ.get("CONTENT_LENGTH") or ""
    return int(said) if said.isascii() and said.isdecimal() else 0


def _inputs(environ: Environ) -> bytes:
    """What was typed, as hidden fields; nothing where it is more than a form of ours can hold."""
    length = _length(environ)
    if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return b""
    typed = environ["wsgi.input"].read(length).decode(errors="replace")
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in parse_qsl(typed, keep_blank_values=True)
    ).encode()


def _request_for(path: str) -> Environ:
    site = urlsplit(settings.SITE_URL)
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": site.hostname,
        "SERVER_PORT": str(site.port or 443),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": site.netloc,
        "HTTP_X_FORWARDED_PROTO": site.scheme,
        "wsgi.url_scheme": site.scheme,
        "wsgi.input": io.BytesIO(),
    }
