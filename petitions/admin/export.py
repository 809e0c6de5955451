"""The way to a CSV file: which signatures, why, and then a stream that leaves no copy here."""

from __future__ import annotations

from django import forms
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from petitions.admin.audit import record
from petitions.admin.chosen import choice
from petitions.exports.signatures import export_lines
from petitions.models import AuditEntry, Signature

SHORTEST_REASON = 10


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("What do you need it for?"),
        help_text=_("Stands in the audit trail. Please name no signer here."),
        min_length=SHORTEST_REASON,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


def export_page(request: HttpRequest, *, model_admin: ModelAdmin[Signature]) -> HttpResponseBase:
    """Asks why; once told, streams the file."""
    form = ReasonForm(request.POST or None)
    if not form.is_valid():
        return ask_why(request, model_admin=model_admin, form=form)
    refuse_who_may_not(request)
    chosen = choice(request, model_admin)
    # Committed before the first byte leaves, so that no export goes unrecorded.
    record(
        request,
        AuditEntry.Action.EXPORT,
        count=chosen.count,
        selection=chosen.words,
        reason=form.cleaned_data["reason"],
    )
    return stream(chosen.signatures)


def ask_why(
    request: HttpRequest, *, model_admin: ModelAdmin[Signature], form: ReasonForm | None = None
) -> HttpResponse:
    refuse_who_may_not(request)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Export signatures"),
        "form": form or ReasonForm(),
        "chosen": choice(request, model_admin),
    }
    return TemplateResponse(request, "admin/signatures/export.html", context)


def refuse_who_may_not(request: HttpRequest) -> None:
    if not request.user.has_perm("petitions.export_signature"):
        raise PermissionDenied


def stream(signatures: QuerySet[Signature]) -> StreamingHttpResponse:
    name = f"signatures-{timezone.localdate().isoformat()}.csv"
    return StreamingHttpResponse(
        export_lines(signatures),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )
