"""What browsers are told about every answer, beside the Content-Security-Policy of the settings.

A view may set one of these headers itself, and then its word stands.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit
from wsgiref.headers import Headers

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# What no page of ours needs. Only names that browsers know: they complain of others.
DENIED = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture"),
    *("encrypted-media", "fullscreen", "geolocation", "gyroscope", "hid", "idle-detection"),
    *("magnetometer", "microphone", "midi", "payment", "picture-in-picture"),
    *("publickey-credentials-get", "screen-wake-lock", "serial", "sync-xhr", "usb"),
    "xr-spatial-tracking",
)
EVERYWHERE = {
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in DENIED),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # We load nothing from elsewhere; a browser then gives the page a process of its own.
    "Cross-Origin-Embedder-Policy": "require-corp",
    # For what was answered before Django's own middleware could say so.
    "X-Content-Type-Options": "nosniff",
}
PUBLIC = {
    **EVERYWHERE,
    # No site that we link to, and no log of ours, learns which page somebody comes from.
    "Referrer-Policy": "no-referrer",
}
# What django-csp's decorators leave on a response.
SPECIAL_POLICY = {"_csp_config", "_csp_update", "_csp_replace", "_csp_exempt"}
ADMIN = "/admin/"
ORGANIZERS = {
    **EVERYWHERE,
    # Passkeys.
    "Permissions-Policy": EVERYWHERE["Permissions-Policy"].replace(
        "publickey-credentials-get=()", "publickey-credentials-get=(self)"
    ),
}
# Django checks the admin's forms by their Referer and Origin.
ORGANIZERS_REFERRER = "same-origin"


class PolicyMiddleware(CSPMiddleware):
    """Nearly every answer has the policy of the settings, whose text is made once for all of them."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if vars(response).keys() & SPECIAL_POLICY or HEADER in response:
            return super().process_response(request, response)
        response[HEADER] = _usual_policy()
        return response


@cache
def _usual_policy() -> str:
    return build_policy()


class HeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path.startswith(ADMIN):
            response["Referrer-Policy"] = ORGANIZERS_REFERRER
        for name, value in (ORGANIZERS if request.path.startswith(ADMIN) else PUBLIC).items():
            response.headers.setdefault(name, value)
        if settings.ONION_URL and response.headers.get("Content-Type", "").startswith("text/html"):
            _point_to_onion(request, response)
        return response


def _point_to_onion(request: HttpRequest, response: HttpResponseBase) -> None:
    """Tor Browser then offers the onion service; who is there already needs no sign."""
    # Not get_host(), which refuses unknown hosts: they were refused already.
    if request.META.get("HTTP_HOST") != urlsplit(settings.ONION_URL).netloc:
        response["Onion-Location"] = settings.ONION_URL + request.get_full_path()


def add_static_headers(headers: Headers, path: str, url: str) -> None:  # noqa: ARG001 - WhiteNoise's signature
    """For files that WhiteNoise serves."""
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
