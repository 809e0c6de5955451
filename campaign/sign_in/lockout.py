"""Five wrong passwords for a name, and nobody signs in by a password for it for a while.

Of who tried, nothing is kept: no address and no browser. A name that nobody has is answered like
any other. A passkey opens all the same, so that nobody can keep an organizer out.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from campaign.admin import under_organizers_policy
from campaign.sign_in.adapters import NO_ADDRESS


class FailuresByName(AxesDatabaseHandler):
    def user_login_failed(
        self,
        sender: Any,
        credentials: dict[str, Any],
        request: HttpRequest | None = None,
        **kwargs: Any,
    ) -> None:
        if request is not None:
            vars(request).update(axes_user_agent="", axes_http_accept="")
        super().user_login_failed(sender, credentials, request, **kwargs)


def no_address(_request: HttpRequest) -> str:
    return NO_ADDRESS


@under_organizers_policy
@never_cache
def locked_page(
    request: HttpRequest, _original: HttpResponse | None, credentials: dict[str, Any] | None
) -> HttpResponse:
    name = (credentials or {}).get("username", "")
    failed = AccessAttempt.objects.filter(username=name).order_by("-attempt_time").first()
    failed_at = failed.attempt_time if failed else timezone.now()
    context = {
        **admin.site.each_context(request),
        "until": failed_at + settings.AXES_COOLOFF_TIME,
    }
    return render(request, "account/locked.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)
