"""What a visitor sees when something went wrong: words, and a way on."""

import logging
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from petitions.web.languages import translations_of_home

log = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    too_big = isinstance(exception, RequestDataTooBig)
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_big else HTTPStatus.BAD_REQUEST
    return _show(request, "errors/bad_request.html", status=status)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django passes it by name
    return _show(request, "errors/forbidden.html", status=HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - likewise
    return _show(request, "errors/not_found.html", status=HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    # Django would log the path, in which a link's secret may stand.
    place = request.resolver_match
    log.error("a request failed: %s", place.view_name if place else "no view", exc_info=True)  # noqa: LOG014 - Django calls this while it handles one
    return _show(request, "errors/server_error.html", status=HTTPStatus.INTERNAL_SERVER_ERROR)


def _show(request: HttpRequest, template: str, *, status: HTTPStatus) -> HttpResponse:
    """An error has no translation that could be opened; its links lead to the start page's."""
    return render(request, template, {"translations": translations_of_home()}, status=status)
