"""The pages of allauth that are used, each behind its door.

There is no signing up, and no resetting by mail: organizers have no addresses here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache

from campaign.admin import under_organizers_policy
from campaign.sign_in.second_factor import count_as_shown, has_second_factor, step_before
from campaign.sign_in.sessions import SessionsView

_View = Callable[..., HttpResponseBase]


class ActivateTotp(totp.ActivateTOTPView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The picture stands in the page: the policy allows no data: addresses."""
        context = super().get_context_data(**kwargs)
        drawing = context["totp_svg"].partition("?>")[2]
        return context | {"qr": mark_safe(drawing)}  # noqa: S308 - drawn by us, of a URL of ours

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        count_as_shown(self.request)
        return response


class AddPasskey(webauthn.AddWebAuthnView):
    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        count_as_shown(self.request)
        return response


def _open(view: _View) -> _View:
    """For everybody who comes to this machine; drawn like the admin."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if isinstance(response, TemplateResponse):
            context = response.context_data or {}
            response.context_data = admin.site.each_context(request) | context
        return response

    return under_organizers_policy(never_cache(page))


def _signed_in(view: _View) -> _View:
    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return _open(page)


def _setting_up(view: _View) -> _View:
    """For who has no second factor yet; who has one must have shown it."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if has_second_factor(request) and (step := step_before(request)):
            return redirect_to_login(request.get_full_path(), step)
        return view(request, *args, **kwargs)

    return _signed_in(page)


def _with_both(view: _View) -> _View:
    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if step := step_before(request):
            return HttpResponseRedirect(step)
        return view(request, *args, **kwargs)

    return _signed_in(page)


urlpatterns: list[URLPattern] = [
    path("login/", _open(account.login), name="account_login"),
    path("login/code/", _open(mfa.authenticate), name="mfa_authenticate"),
    path("login/passkey/", _open(webauthn.login_webauthn), name="mfa_login_webauthn"),
    path("logout/", _open(account.logout), name="account_logout"),
    path("confirm/", _signed_in(account.reauthenticate), name="account_reauthenticate"),
    path("confirm/code/", _signed_in(mfa.reauthenticate), name="mfa_reauthenticate"),
    path(
        "confirm/passkey/",
        _signed_in(webauthn.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path("two-factor/", _setting_up(mfa.index), name="mfa_index"),
    path("two-factor/app/", _setting_up(ActivateTotp.as_view()), name="mfa_activate_totp"),
    path("two-factor/app/remove/", _with_both(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("two-factor/keys/", _with_both(webauthn.list_webauthn), name="mfa_list_webauthn"),
    path("two-factor/keys/add/", _setting_up(AddPasskey.as_view()), name="mfa_add_webauthn"),
    path("two-factor/keys/<int:pk>/", _with_both(webauthn.edit_webauthn), name="mfa_edit_webauthn"),
    path(
        "two-factor/keys/<int:pk>/remove/",
        _with_both(webauthn.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
    path(
        "two-factor/recovery/",
        _with_both(recovery_codes.view_recovery_codes),
        name="mfa_view_recovery_codes",
    ),
    path(
        "two-factor/recovery/new/",
        _with_both(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path("password/", _with_both(account.password_change), name="account_change_password"),
    path("password/set/", _with_both(account.password_set), name="account_set_password"),
    path("sessions/", _with_both(SessionsView.as_view()), name="usersessions_list"),
]
