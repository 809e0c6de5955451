"""Old addresses of petitions lead to the new ones: each page of theirs, in every language, for good."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from petitions.web.figures import Moved


class MovedMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        page = request.resolver_match
        if not isinstance(exception, Moved) or page is None:
            return None
        path = reverse(page.view_name, kwargs={**page.kwargs, "slug": exception.slug})
        query = request.META.get("QUERY_STRING", "")
        response = HttpResponsePermanentRedirect(f"{path}?{query}" if query else path)
        if request.method == "POST":
            # A form that was open while the address changed arrives whole (RFC 9110, 15.4.9).
            response.status_code = HTTPStatus.PERMANENT_REDIRECT
        return response
