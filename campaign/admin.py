"""The organizers' site: Unfold's, under a policy of its own.

Unfold's screens are drawn by Alpine, which compiles the expressions in its templates (unsafe-eval)
and writes style attributes; the public pages' policy allows neither. They need no inline script,
no inline stylesheet and no other host, so none is allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

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
        return _under_organizers_policy(super().admin_view(view, cacheable))

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The one page of the admin that Django does not wrap in `admin_view`."""
        return _under_organizers_policy(super().login)(request, extra_context)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Unfold would write its colours into each page; ours come as a stylesheet."""
        return super().each_context(request) | {
            "colors": {},
            "styles": [static("admin/campaign.css")],
            "scripts": [static("admin/campaign.js")],
            "site_favicons": [{"rel": "icon", "href": static("img/mark.svg")}],
        }


def _under_organizers_policy(view: _V) -> _V:
    return cast("_V", csp_replace(ORGANIZERS_POLICY)(view))
