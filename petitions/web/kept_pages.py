"""Public pages are answered from memory, in front of Django: a flood of readers costs next to nothing.

A page is kept for a second. Then one reader's request makes it anew, and whoever asks meanwhile
gets the old one; nobody gets one that is older than two seconds. Only what a view marks by
`cached_page` is kept. It is compressed once for each way of compressing, not for each reader.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from compression_middleware.middleware import compressor
from django.core.exceptions import TooManyFieldsSent
from django.db import connections
from django.http import QueryDict

from petitions.web.caching import KEPT, Kept
from petitions.web.steps import count_look
from petitions.web.via import VIA, partner_code
from petitions.wsgi import Application, Environ, StartResponse, read_all

Headers = list[tuple[str, str]]
Key = tuple[str, ...]

FRESH_SECONDS = 1.0
OLDEST_SECONDS = 2.0
# In eight languages and compressed, some megabytes.
MOST_PAGES = 128
OK = "200 OK"
NOT_MODIFIED = "304 Not Modified"
# Those of the page go with a 304, too, but for what is about the body.
LENGTH = frozenset({"content-length"})
ABOUT_THE_BODY = LENGTH | {"content-type", "content-language"}


@dataclass
class KeptAnswer:
    headers: Headers
    body: bytes
    etag: str = ""
    petition_id: int | None = None
    made_at: float = field(default_factory=lambda: time.monotonic())  # noqa: PLW0108 - tests set the clock
    compressed: dict[str, bytes] = field(default_factory=dict)
    being_renewed: threading.Lock = field(default_factory=threading.Lock)

    @property
    def age(self) -> float:
        return time.monotonic() - self.made_at

    def headers_but(self, left_out: frozenset[str]) -> Headers:
        return [each for each in self.headers if each[0].lower() not in left_out]


class KeptPages:
    """A WSGI application around Django's. Threads share it."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._pages: OrderedDict[Key, KeptAnswer] = OrderedDict()
        self._paths: dict[str, frozenset[str]] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET":
            return self._application(environ, start_response)
        key = self._key(environ)
        page = self._pages.get(key)
        if page is None:
            return self._make(environ, start_response)
        if page.age < FRESH_SECONDS or not page.being_renewed.acquire(
            blocking=page.age >= OLDEST_SECONDS
        ):
            return _show(page, environ, start_response)
        try:
            newer = self._pages.get(key, page)
            if newer.age < FRESH_SECONDS:
                return _show(newer, environ, start_response)
            return self._make(environ, start_response)
        finally:
            page.being_renewed.release()

    def _key(self, environ: Environ) -> Key:
        """Of the query of a page that is kept, only a partner's code changes it."""
        query = environ.get("QUERY_STRING", "")
        also_read = self._paths.get(environ["PATH_INFO"])
        if query and also_read is not None:
            # Django will say so of what has too many parts.
            with suppress(TooManyFieldsSent):
                values = QueryDict(query)
                if not also_read & values.keys():
                    query = _query_of(partner_code(values))
        return _key(environ, query)

    def _make(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        kept = environ[KEPT] = Kept()
        started: list[Any] = []
        chunks = self._application(environ, lambda *answer: started.append(answer))
        # The view may have been happy with its page, and something after it not.
        if not kept.is_kept or started[0][0] != OK:
            start_response(*started[0])
            return chunks
        page = KeptAnswer(started[0][1], read_all(chunks), kept.etag, kept.petition_id)
        self._paths[environ["PATH_INFO"]] = kept.also_reads
        self._keep(page, _key(environ, _query_of(kept.code)))
        return _answer(page, environ | {"HTTP_ACCEPT_ENCODING": accepted}, start_response)

    def _keep(self, page: KeptAnswer, key: Key) -> None:
        with self._lock:
            self._pages[key] = page
            self._pages.move_to_end(key)
            if len(self._pages) > MOST_PAGES:
                self._pages.popitem(last=False)


def _key(environ: Environ, query: str) -> Key:
    proxy = environ.get("HTTP_X_FORWARDED_PROTO", "")
    host = environ.get("HTTP_HOST", "")
    return environ["PATH_INFO"], query, host, environ["wsgi.url_scheme"], proxy


def _query_of(code: str) -> str:
    return f"{VIA}={code}" if code else ""


def _show(page: KeptAnswer, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Django has not seen this request, so its look is counted here."""
    if page.petition_id is not None:
        browser = environ.get("HTTP_USER_AGENT", "")
        if count_look(browser, petition_id=page.petition_id):
            # No request of Django's ends, which would give them back.
            connections.close_all()
    return _answer(page, environ, start_response)


def _answer(page: KeptAnswer, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    if page.etag in environ.get("HTTP_IF_NONE_MATCH", ""):
        start_response(NOT_MODIFIED, page.headers_but(ABOUT_THE_BODY))
        return []
    return send(page, environ, start_response)


def send(page: KeptAnswer, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    name, body = _compressed(page, environ.get("HTTP_ACCEPT_ENCODING", ""))
    headers = [*page.headers_but(LENGTH), ("Content-Length", str(len(body)))]
    if name:
        headers.append(("Content-Encoding", name))
    start_response(OK, headers)
    return [body]


def _compressed(page: KeptAnswer, accepted: str) -> tuple[str, bytes]:
    """By the way that the reader's browser knows and we prefer; threads may do it twice."""
    if not accepted:
        return "", page.body
    name, compress, _ = compressor(accepted)
    if not name:
        return "", page.body
    if name not in page.compressed:
        page.compressed[name] = compress(page.body)
    return name, page.compressed[name]
