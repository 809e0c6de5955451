"""The organizers' site: Unfold's, under a policy of its own.

Unfold's screens are drawn by Alpine, which compiles the expressions in its templates (unsafe-eval)
and writes style attributes; the public pages' policy allows neither. They need no inline script,
no inline stylesheet and no other host, so none is allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar, cast

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
else:
    from unfold.sites import UnfoldAdminSite as AdminSite

ORGANIZERS_POLICY = {
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src-attr": [UNSAFE_INLINE],
    "connect-src": [SELF],
    # Alpine and htmx write HTML into the page.
    "require-trusted-types-for": None,
}
_V = TypeVar("_V", bound=Callable[..., HttpResponseBase])


class CampaignAdminSite(AdminSite):
    index_title = _("Overview")
    index_template = "admin/overview.html"
    enable_nav_sidebar = True

    def admin_view(self, view: _V, cacheable: bool = False) -> _V:  # noqa: FBT001, FBT002 - Django's signature
        return under_organizers_policy(super().admin_view(view, cacheable))

    def has_permission(self, request: HttpRequest) -> bool:
        """Every page of the admin asks this, and so does the sidebar."""
        from campaign.sign_in.second_factor import step_before  # noqa: PLC0415 - needs the models

        return super().has_permission(request) and step_before(request) is None

    def login(
        self, request: HttpRequest, _extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Where `has_permission` sends: on to what is missing."""
        return under_organizers_policy(never_cache(_lead_on))(request)

    def password_change(  # type: ignore[override]  # on to another page, not one of its own
        self, _request: HttpRequest, _extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("account_change_password")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Unfold would write its colours into each page; ours come as a stylesheet.

        Who may not go anywhere sees no list of where one could go.
        """
        context = super().each_context(request)
        if not self.has_permission(request):
            context |= {"available_apps": [], "is_nav_sidebar_enabled": False}
        return context | {
            "colors": {},
            "styles": [static("admin/campaign.css")],
            "scripts": [static("admin/campaign.js")],
            "site_favicons": [{"rel": "icon", "href": static("img/mark.svg")}],
        }


def _lead_on(request: HttpRequest) -> HttpResponse:
    from campaign.sign_in.second_factor import step_before  # noqa: PLC0415 - needs the models

    user = request.user
    wanted = request.GET.get(REDIRECT_FIELD_NAME, "")
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
        wanted = reverse("admin:index")
    if not user.is_authenticated:
        return redirect_to_login(wanted)
    if step := step_before(request):
        return redirect_to_login(wanted, step)
    if not (user.is_active and user.is_staff):
        context = admin.site.each_context(request)
        return render(request, "account/not_let_in.html", context, status=HTTPStatus.FORBIDDEN)
    return redirect(wanted)


def under_organizers_policy(view: _V) -> _V:
    return cast("_V", csp_replace(ORGANIZERS_POLICY)(view))
