"""What the two kinds of sheets have in common, and what tells them apart."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from petitions.admin.audit import record
from petitions.imports import offices, paper
from petitions.imports.sheet import Columns
from petitions.models import AuditEntry, Import
from petitions.spreadsheets import csv_line

Kind = Import.Kind
MAY: dict[str, tuple[str, ...]] = {
    Kind.PAPER: ("petitions.import_signature",),
    Kind.OFFICES: ("petitions.add_office", "petitions.change_office"),
}
COLUMNS: dict[str, Columns] = {Kind.PAPER: paper.COLUMNS, Kind.OFFICES: offices.COLUMNS}
EXAMPLES: dict[str, tuple[str, ...]] = {
    Kind.PAPER: ("Ann Example", "LT", "01100", "ann@mail.example", "officials", ""),
    Kind.OFFICES: (
        "Minister of Justice",
        "Ministry of Justice",
        "LT",
        "minister@justice.example",
        "lt",
        "Europe/Vilnius",
        "1;3",
        "2026-11-28",
    ),
}
TITLES: dict[str, str | Promise] = {
    Kind.PAPER: _("Import paper signatures"),
    Kind.OFFICES: _("Import offices"),
}


def refuse_who_may_not(request: HttpRequest, kind: str) -> None:
    if not request.user.has_perms(MAY[kind]):
        raise PermissionDenied


def note_in_trail(request: HttpRequest, sheet: Import, *, what: str, count: int) -> None:
    about = [what, sheet.get_kind_display(), str(sheet.petition or ""), sheet.reference]
    words = "; ".join(filter(None, map(str, about)))
    record(request, AuditEntry.Action.IMPORT, count=count, selection=words)


def note_reading(request: HttpRequest, sheet: Import, count: int) -> None:
    """Whoever looks at lines that wait to be imported reads what people wrote on paper."""
    if count and sheet.box and sheet.kind == Kind.PAPER:
        about = f"{sheet.get_kind_display()}; {sheet.petition}; {sheet.reference}"
        record(request, AuditEntry.Action.READ, count=count, selection=about)


def report_url(reference: uuid.UUID) -> str:
    return reverse("admin:petitions_import_change", args=[reference])


def csv_file(name: str, rows: Iterable[Iterable[str]]) -> HttpResponse:
    text = offices.BYTE_ORDER_MARK + "".join(map(csv_line, rows))
    return HttpResponse(
        text.encode(),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )
