"""A good form is answered in front of Django, whose own work takes longer than taking the form.

What everybody sees who signs is the same. So the first signer of a petition in a language goes
through Django, and for some seconds the next ones get that answer, with all its headers, once their
form is taken. Whatever is not as plain goes on to Django, which has words for it.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.core.signals import request_finished
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language, override

from petitions.web.kept_pages import OK, KeptAnswer, Key, send
from petitions.web.moments import FRESH_SECONDS
from petitions.web.origin import comes_from_elsewhere
from petitions.web.signing import Posted, filled_form, take
from petitions.wsgi import Application, Environ, StartResponse, read_all

DESK = "petitions.desk"
FAULT = "petitions.fault_at_the_desk"
FORM = "application/x-www-form-urlencoded"
# All languages of a handful of asks; whoever makes up more makes us forget them sooner.
MOST_ANSWERS = 200


@dataclass
class Signed:
    """What the view tells the desk: to whose form its answer belongs."""

    slug: str = ""
    language: str = ""


@dataclass(frozen=True)
class _Known:
    signed: Signed
    answer: KeptAnswer


class SignDesk:
    """A WSGI application around Django's. Threads share it."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._known: dict[Key, _Known] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST":
            return self._application(environ, start_response)
        known = self._known.get(_key(environ))
        if known is None or known.answer.age >= FRESH_SECONDS:
            return self._learn(environ, start_response)
        if _takes(environ, known.signed):
            return send(known.answer, environ, start_response)
        return self._application(environ, start_response)

    def _learn(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        signed = environ[DESK] = Signed()
        started: list[Any] = []
        chunks = self._application(environ, lambda *answer: started.append(answer))
        status, headers = started[0]
        if not signed.slug or status != OK:
            start_response(status, headers)
            return chunks
        known = _Known(signed, KeptAnswer(headers, read_all(chunks)))
        self._keep(_key(environ), known)
        return send(known.answer, environ | {"HTTP_ACCEPT_ENCODING": accepted}, start_response)

    def _keep(self, key: Key, known: _Known) -> None:
        with self._lock:
            if len(self._known) >= MOST_ANSWERS:
                self._known.clear()
            self._known[key] = known


def for_the_desk(request: HttpRequest, slug: str, response: HttpResponse) -> HttpResponse:
    """Let the desk give this answer to the next ones who sign."""
    signed: Signed | None = request.META.get(DESK)
    if signed:
        signed.slug = slug
        signed.language = get_language() or settings.LANGUAGE_CODE
        # The desk compresses it, once for all.
        request.META.pop("HTTP_ACCEPT_ENCODING", None)
    return response


def raise_fault(request: HttpRequest) -> None:
    """What went wrong at the desk goes wrong again where Django has an answer to it."""
    fault: Exception | None = request.META.get(FAULT)
    if fault:
        raise fault


def _key(environ: Environ) -> Key:
    """Under these Django answers everybody the same, or nobody."""
    proxy = environ.get("HTTP_X_FORWARDED_PROTO", "")
    host = environ.get("HTTP_HOST", "")
    return environ["PATH_INFO"], host, environ["wsgi.url_scheme"], proxy


def _takes(environ: Environ, signed: Signed) -> bool:
    """Whether this was a good form. Whoever is asked next can read its body again."""
    length = environ.get("CONTENT_LENGTH") or ""
    if (
        environ.get("CONTENT_TYPE") != FORM
        or not length.isdecimal()
        or int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        or comes_from_elsewhere(environ, environ.get("HTTP_HOST", ""))
    ):
        return False
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    posted = _posted(body)
    if posted is None:
        return False
    try:
        with override(signed.language):
            return take(filled_form(signed.slug, posted), environ)
    except Exception as fault:  # noqa: BLE001 - it is raised again, in Django
        environ[FAULT] = fault
        return False
    finally:
        if any(each.connection for each in connections.all(initialized_only=True)):
            # No request of Django's ends here, which would give them back.
            request_finished.send(sender=SignDesk)


def _posted(body: bytes) -> Posted | None:
    """What a browser's form says; Django knows what to do with others, but its `QueryDict` takes
    several times as long.
    """
    most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=most)
    except ValueError:
        return None
    return MultiValueDict(fields)
