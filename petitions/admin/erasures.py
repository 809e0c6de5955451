"""What is erased when: each rule, what is there, when it goes, and what went last."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from petitions.admin.base import ReadOnlyAdmin
from petitions.models import Erasure
from petitions.signatures.calendar import Day, Line, calendar, restricted_signatures

DAYS_SHOWN = 6
Rule = Erasure.Rule
IN_WORDS: dict[str, Promise] = {
    Rule.MARKS: _("30 days after the petition ends"),
    Rule.DETAILS: _(
        "a month after the ended petition’s last letter, and 21 months after signing at most"
    ),
    Rule.REQUESTS: _("72 hours after the form was sent"),
    Rule.OFFERS: _("an hour or two after the confirmation"),
    Rule.COPIES: _("24 hours after they were asked for"),
    Rule.FLOODS: _("after two days"),
    Rule.CROWDS: _("after 30 days"),
    Rule.RETURNED: _("after 180 days; after 30 where they belong to no letter"),
    Rule.FILES: _("30 days after they were made"),
    Rule.PAGES: _("a year after their letter was sent"),
    Rule.EXPORTS: _("24 hours after they were made"),
    Rule.IMPORTS: _("24 hours after they were checked"),
}


@dataclass(frozen=True)
class Shown:
    line: Line
    rule: Promise

    @property
    def next_days(self) -> list[Day]:
        return self.line.days[:DAYS_SHOWN]

    @property
    def later_days(self) -> list[Day]:
        return self.line.days[DAYS_SHOWN:]


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin[Erasure]):
    when_empty = _("Each erasure that the rules made leaves a line here: when, what and how many.")
    list_display = ("day", "rule", "count")
    list_filter = ("rule",)
    list_per_page = 50
    date_hierarchy = "day"

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.calendar_page)
        return [path("calendar/", page, name="petitions_erasure_calendar"), *super().get_urls()]

    def calendar_page(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("What is erased when"),
            "lines": [Shown(each, IN_WORDS[each.rule]) for each in calendar()],
            "restricted": restricted_signatures(),
        }
        return TemplateResponse(request, "admin/erasures/calendar.html", context)
