"""Whether a session has shown a second factor, and where it goes if not.

It is the session that counts, not the account: who signed in by a stolen password before the
account had a second factor is not let in once its owner sets one up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

if TYPE_CHECKING:
    from django.db.models import QuerySet


def step_before(request: HttpRequest) -> str | None:
    """The page that somebody who signed in must pass before any other; None when there is none."""
    if _was_shown(request):
        return None
    if has_second_factor(request):
        return reverse("mfa_reauthenticate")
    return None if settings.SECOND_FACTOR == "optional" else reverse("mfa_index")


def has_second_factor(request: HttpRequest) -> bool:
    return _factors_of(request).exists()


def count_as_shown(request: HttpRequest) -> None:
    """Who has just set one up has shown it."""
    newest = _factors_of(request).latest("created_at")
    record_authentication(request, request.user, "mfa", id=newest.pk, type=newest.type)


def _was_shown(request: HttpRequest) -> bool:
    """By one that still is there: what was removed or reset counts no more."""
    known = vars(request)
    if "second_factor_was_shown" not in known:
        records = get_authentication_records(request, request.user)
        shown = [record.get("id") for record in records if record["method"] == "mfa"]
        authenticators = Authenticator.objects.filter(user_id=request.user.pk, pk__in=shown)
        known["second_factor_was_shown"] = bool(shown) and authenticators.exists()
    return bool(known["second_factor_was_shown"])


def _factors_of(request: HttpRequest) -> QuerySet[Authenticator]:
    """Recovery codes alone are none: they stand in for one that was lost."""
    recovery_codes = Authenticator.Type.RECOVERY_CODES
    return Authenticator.objects.filter(user_id=request.user.pk).exclude(type=recovery_codes)
