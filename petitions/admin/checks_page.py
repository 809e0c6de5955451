"""The page that says in words what is wrong with the site's own work."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from petitions.admin import health
from petitions.admin.base import ReadOnlyAdmin
from petitions.admin.checks import checks_of
from petitions.models import Heartbeat


@admin.register(Heartbeat)
class ChecksAdmin(ReadOnlyAdmin[Heartbeat]):
    """Not a list of heartbeats, which would tell nobody anything."""

    def has_module_permission(self, _request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.page)
        return [path("checks/", page, name="petitions_checks")]

    def page(self, request: HttpRequest) -> HttpResponse:
        """For all who see the same on the first page."""
        if not request.user.has_perm("petitions.view_petition"):
            raise PermissionDenied
        now = timezone.now()
        checks = checks_of(health.look(now=now), now=now)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Is everything all right?"),
            "wrong": [each for each in checks if each.wrong],
            "fine": [each for each in checks if not each.wrong],
            "looked_at": now,
        }
        return TemplateResponse(request, "admin/checks.html", context)
