"""Whose link led here: `?via=<code>`. Codes that are unknown or no longer active are as if absent."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache

from django.http import HttpRequest

from petitions.models import Partner
from petitions.web.figures import SECONDS

VIA = "via"


def partner_code(query: Mapping[str, str]) -> str:
    """The code of an active partner in a query or a form, or nothing."""
    code = query.get(VIA, "")
    return code if code and code in active_partners() else ""


def partner_query(request: HttpRequest) -> str:
    """What the links on a page need behind their path to carry the code on: ?via=code, or nothing."""
    code = partner_code(request.GET)
    return f"?{VIA}={code}" if code else ""


def partner_id(code: str) -> int | None:
    """Whom to count a signature for; nobody is asked after where there is no code."""
    return active_partners().get(code) if code else None


def active_partners() -> dict[str, int]:
    """Code and id; read at most twice a second, so that random codes cost the database nothing."""
    return _active_partners(int(time.monotonic() // SECONDS))


@lru_cache(maxsize=1)
def _active_partners(_tick: int) -> dict[str, int]:
    return dict(Partner.objects.filter(active=True).order_by().values_list("code", "pk"))


def forget_partners() -> None:
    """Read them anew at the next look."""
    _active_partners.cache_clear()
