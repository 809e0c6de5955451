"""Refuses forms that another site sends through a visitor's browser, without any cookie.

The public pages know nobody, so there is no session to ride; what is refused is the use of other
people's browsers to send us forms. Browsers say where a form comes from (Fetch Metadata, and the
Origin header of RFC 6454); see docs/decisions/0003-no-cookies.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

View = Callable[..., HttpResponseBase]


def own_forms_only(view: View) -> View:
    """Let a view take a POST only from a page of this site."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and comes_from_elsewhere(request.META, request.get_host()):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def comes_from_elsewhere(meta: Mapping[str, Any], host: str) -> bool:
    # Not by request.headers, which takes apart all that the browser said.
    site = meta.get("HTTP_SEC_FETCH_SITE")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin: str | None = meta.get("HTTP_ORIGIN")
    # Our pages send no referrer, and for their forms browsers then say "null" (Fetch, section 3.2).
    # So may a foreign page's form in a browser too old for the header above: what it could do is
    # cause a mail, and the caps and limits hold for that. What is no browser sends neither.
    # Its host is not taken out by urlsplit, which breaks at nonsense.
    return origin is not None and origin != "null" and origin.partition("://")[2] != host
