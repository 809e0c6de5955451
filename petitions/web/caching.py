"""Which pages are the same for everybody, and may be kept for a second (see kept_pages.py)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import SimpleTemplateResponse

from petitions.web.traps import without_stamp
from petitions.web.via import VIA, partner_code

View = Callable[..., HttpResponse]

KEPT = "petitions.kept"
# A proxy may hand out a copy for a second, and while it asks for the next one.
FOR_PROXIES = "public, max-age=1, stale-while-revalidate=5"


@dataclass
class Kept:
    """What a view tells whoever keeps its page."""

    is_kept: bool = False
    code: str = ""
    """The partner's, if the page is another one with it."""
    etag: str = ""
    petition_id: int | None = None
    """Whose page was looked at."""
    also_reads: frozenset[str] = frozenset()
    """What else the view looks for in a query; an answer to that is not this page."""


def cached_page(view: View) -> View:
    """Let the view's page be kept for a second for each address; see `known_query_only`."""

    @wraps(view)
    def keeping(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if request.method in {"GET", "HEAD"} and response.status_code == HTTPStatus.OK:
            _mark(request, response)
        return response

    return known_query_only(keeping)


def known_query_only(view: View) -> View:
    """Show the view no query but an active partner's code, so that all others are one address.

    Whoever put random words behind the question mark would be served a page made anew each time.
    """

    @wraps(view)
    def canonical(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.META.get("QUERY_STRING"):
            return view(request, *args, **kwargs)
        code = partner_code(request.GET)
        known = QueryDict(mutable=True)
        if code:
            known[VIA] = code
        request.GET = known  # type: ignore[assignment]  # only the type knows that it is final
        request.META["QUERY_STRING"] = known.urlencode()
        return view(request, *args, **kwargs)

    return canonical


def also_reads(request: HttpRequest, name: str) -> None:
    """Of a view that answers by a kept page, unless its query has this."""
    kept: Kept | None = request.META.get(KEPT)
    if kept:
        kept.also_reads = frozenset({name})


def _mark(request: HttpRequest, response: HttpResponse) -> None:
    if isinstance(response, SimpleTemplateResponse):
        response.render()
    # Weak: the page says the same with another stamp on its form, or compressed.
    digest = hashlib.blake2b(without_stamp(response.content), digest_size=16).hexdigest()
    response["ETag"] = f'W/"{digest}"'
    response["Cache-Control"] = FOR_PROXIES
    kept: Kept | None = request.META.get(KEPT)
    if kept:
        kept.is_kept = True
        kept.code = partner_code(request.GET)
        kept.etag = response["ETag"]
        # Whoever keeps the page compresses it, once for all.
        request.META.pop("HTTP_ACCEPT_ENCODING", None)
