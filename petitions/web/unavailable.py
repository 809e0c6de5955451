"""When PostgreSQL or the keys are away: a 503 in words, and nothing that was typed is lost."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from petitions.vault import KeysUnavailable
from petitions.web.languages import translations_of_home

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 10
UNAVAILABLE = (OperationalError, InterfaceError, KeysUnavailable)


class UnavailableMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, UNAVAILABLE):
            return None
        log.error("unavailable: %s", type(exception).__name__)
        # What was typed travels in the page itself, for a second try with one button.
        typed = [(name, value) for name, values in request.POST.lists() for value in values]
        return _unavailable(request, typed)


@require_safe
def busy(request: HttpRequest, kind: str) -> HttpResponse:
    """What the waiting room sends away with, where it is full: it is fetched beforehand."""
    return _unavailable(request, [("typed", "")] if kind == "form" else [])


def _unavailable(request: HttpRequest, typed: list[tuple[str, str]]) -> HttpResponse:
    response = render(
        request,
        "errors/unavailable.html",
        {"typed": typed, "translations": translations_of_home()},
        status=HTTPStatus.SERVICE_UNAVAILABLE,
    )
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response["Cache-Control"] = "no-store"
    return response
