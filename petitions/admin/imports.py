"""Sheets come in: signatures from paper, and offices. Each has a dry run, and waits for a yes.

Nothing of a sheet counts before that; and all that it says of people lies sealed meanwhile.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from petitions.admin import import_pages
from petitions.admin.base import ReadOnlyAdmin, column
from petitions.admin.import_kinds import (
    COLUMNS,
    MAY,
    TITLES,
    csv_file,
    note_in_trail,
    note_reading,
    refuse_who_may_not,
    report_url,
)
from petitions.admin.import_report import Report, bad_rows
from petitions.admin.upload import takes_a_file
from petitions.imports import lines, offices, paper
from petitions.imports.lines import Verdict
from petitions.imports.sheet import WRITTEN_BY_US
from petitions.models import Import
from petitions.models.clock import database_now

Kind, State = Import.Kind, Import.State


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin[Import]):
    when_empty = _("Sheets of paper signatures and lists of offices: checked first, then imported.")
    list_display = ("at", "kind", "petition", "by", "reference", "state_label", "brought")
    list_filter = ("kind", "state", "petition")
    list_select_related = ("petition", "by")
    list_per_page = 50
    list_before_template = "admin/imports/tools.html"

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[str, Callable[..., HttpResponseBase]]] = {
            "paper/": ("paper", takes_a_file(partial(import_pages.paper_page, model_admin=self))),
            "offices/": (
                "offices",
                takes_a_file(partial(import_pages.offices_page, model_admin=self)),
            ),
            "<str:kind>/template.csv": (
                "template",
                partial(import_pages.template_file, model_admin=self),
            ),
            "<uuid:reference>/do/": ("do", require_POST(self.do)),
            "<uuid:reference>/bad.csv": ("bad", self.bad_lines_file),
            "<uuid:reference>/undo/": ("undo", self.undo_page),
        }
        return [
            path(address, self.admin_site.admin_view(page), name=f"petitions_import_{name}")
            for address, (name, page) in pages.items()
        ] + super().get_urls()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        """Each sees what they may import."""
        kinds = [kind for kind in MAY if request.user.has_perms(MAY[kind])]
        return super().get_queryset(request).filter(kind__in=kinds).defer("box")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may = {f"may_{kind}": request.user.has_perms(MAY[kind]) for kind in MAY}
        return super().changelist_view(request, (extra_context or {}) | may)

    @column(
        _("state"),
        ordering="state",
        label={
            State.CHECKED: "warning",
            State.DONE: "success",
            State.CANCELLED: "",
            State.EXPIRED: "",
            State.UNDONE: "info",
        },
    )
    def state_label(self, sheet: Import) -> tuple[str, str]:
        return sheet.state, sheet.get_state_display()

    @column(_("brought"))
    def brought(self, sheet: Import) -> int | None:
        if sheet.state not in {State.DONE, State.UNDONE}:
            return None
        counts: dict[str, int] = sheet.counts
        return sum(counts.get(each, 0) for each in ("imported", "added", "changed_now"))

    # --- The report, and what can be done there

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 - likewise
    ) -> HttpResponse:
        sheet = self.find(request, object_id)
        report = Report(sheet)
        note_reading(request, sheet, report.to_look_at())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": TITLES[sheet.kind],
            "sheet": sheet,
            "report": report,
        }
        return TemplateResponse(request, "admin/imports/report.html", context)

    def find(self, request: HttpRequest, reference: str | uuid.UUID) -> Import:
        """One that this organizer may see; 404 where there is none."""
        try:
            key = uuid.UUID(str(reference))
        except ValueError:
            key = uuid.UUID(int=0)
        sheet = get_object_or_404(Import.objects.select_related("petition", "by"), pk=key)
        refuse_who_may_not(request, sheet.kind)
        return sheet

    def do(self, request: HttpRequest, reference: uuid.UUID) -> HttpResponse:
        """Import it, or erase its lines."""
        sheet = self.find(request, reference)
        if "cancel" in request.POST:
            lines.cancel(sheet)
            words = gettext("Nothing was imported; the lines are erased.")
            self.message_user(request, words, messages.SUCCESS)
            return HttpResponseRedirect(reverse(f"admin:petitions_import_{sheet.kind}"))
        try:
            with transaction.atomic():
                words, count = self.imported(request, sheet)
                note_in_trail(request, sheet, what=gettext("imported"), count=count)
            self.message_user(request, words, messages.SUCCESS)
        except lines.IsOver:
            words = gettext("This import is over already; nothing more was imported.")
            self.message_user(request, words, messages.WARNING)
        except paper.NoMorePaper:
            words = gettext("This petition has ended, and takes no more signatures from paper.")
            self.message_user(request, words, messages.ERROR)
        return HttpResponseRedirect(report_url(sheet.pk))

    def imported(self, request: HttpRequest, sheet: Import) -> tuple[str, int]:
        now, doubtful = database_now(), "doubtful" in request.POST
        if sheet.kind == Kind.PAPER:
            count = paper.import_paper(sheet, with_doubtful=doubtful, now=now)
            words = ngettext(
                "%(count)s signature was imported.", "%(count)s signatures were imported.", count
            )
            return words % {"count": count}, count
        counts = offices.import_offices(
            sheet, with_changes="changes" in request.POST, with_doubtful=doubtful, now=now
        )
        words = gettext("Offices added: %(added)s; changed: %(changed)s.")
        shown = words % {"added": counts["added"], "changed": counts["changed_now"]}
        return shown, counts["added"] + counts["changed_now"]

    def bad_lines_file(self, request: HttpRequest, reference: uuid.UUID) -> HttpResponse:
        sheet = self.find(request, reference)
        note_reading(request, sheet, sheet.counts.get(Verdict.BAD, 0))
        header = [*COLUMNS[sheet.kind].titles, *WRITTEN_BY_US]
        return csv_file("bad-lines.csv", [header, *bad_rows(sheet)])

    def undo_page(self, request: HttpRequest, reference: uuid.UUID) -> HttpResponse:
        """What would go, and a button that takes it back."""
        sheet = self.find(request, reference)
        if sheet.kind != Kind.PAPER or sheet.state != State.DONE:
            return HttpResponseRedirect(report_url(sheet.pk))
        if request.method == "POST":
            with transaction.atomic():
                undone = paper.undo(sheet, now=database_now())
                if undone.signatures:
                    note_in_trail(
                        request, sheet, what=gettext("taken back"), count=undone.signatures
                    )
            words = ngettext(
                "%(count)s signature was erased.",
                "%(count)s signatures were erased.",
                undone.signatures,
            )
            self.message_user(request, words % {"count": undone.signatures}, messages.SUCCESS)
            return HttpResponseRedirect(report_url(sheet.pk))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Take an import back"),
            "sheet": sheet,
            "undoing": paper.undoing(sheet),
            "back": report_url(sheet.pk),
        }
        return TemplateResponse(request, "admin/imports/undo.html", context)
