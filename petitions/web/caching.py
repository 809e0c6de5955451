"""Public pages are cached under their address, of which only what changes the page counts.

Django keys its cache by the whole address. Whoever put random words behind the question mark
would be served a page made anew each time, and would fill the cache with copies.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.cache import cache_page

from petitions.web.figures import SECONDS
from petitions.web.via import VIA, partner_code

View = Callable[..., HttpResponse]


def cached_page(view: View) -> View:
    """Let the view answer once in two seconds for each address; see `known_query_only`."""
    return known_query_only(cache_page(SECONDS)(view))


def known_query_only(view: View) -> View:
    """Show the view no query but an active partner's code, so that all others are one address."""

    @wraps(view)
    def canonical(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        code = partner_code(request.GET)
        known = QueryDict(mutable=True)
        if code:
            known[VIA] = code
        request.GET = known  # type: ignore[assignment]  # only the type knows that it is final
        request.META["QUERY_STRING"] = known.urlencode()
        return view(request, *args, **kwargs)

    return canonical
