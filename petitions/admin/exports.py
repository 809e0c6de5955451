"""Exports: who took what, when and why; each with its page, from which its exporter takes it."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from petitions.admin.base import ReadOnlyAdmin, column
from petitions.admin.chosen import ticked
from petitions.admin.export_download import hand_over
from petitions.admin.export_form import ExportForm, UnknownFilter, filters_of
from petitions.admin.export_key import key_page
from petitions.admin.paginator import count_up_to
from petitions.exports import orders
from petitions.exports.columns import RULES, title_of
from petitions.exports.selection import Selection
from petitions.models import AgeKey, Export
from petitions.models.export import Format, Use

State = Export.State
MAY_EXPORT = "petitions.export_signature"
ASK_AGAIN_SECONDS = 5
_USUAL = {"use": Use.DELIVER, "format": Format.CSV}
# The fields that say who is in the file.
_WHOM = ("use", *(field.name for field in fields(Selection)))
# Whoever looks at the form waits for it; the order counts all.
COUNTED_AT_ONCE = 100_000


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin[Export]):
    when_empty = _("Files that organizers ordered, with who wants them and why.")
    list_display = ("__str__", "state_label", "by", "ordered_at", "how_many", "words", "reason")
    list_filter = ("state", "use", "format", ("by", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("by",)
    list_per_page = 50

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("key/", view(self.key), name="petitions_export_key"),
            path("<uuid:pk>/state/", view(self.state), name="petitions_export_state"),
            path("<uuid:pk>/do/", view(self.do), name="petitions_export_do"),
            path("<uuid:pk>/file/", view(self.file), name="petitions_export_file"),
            *super().get_urls(),
        ]

    # --- Who may: it is not about the row but about the signatures that are in it

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_EXPORT)

    def has_view_permission(self, request: HttpRequest, _export: Export | None = None) -> bool:
        return request.user.has_perm(MAY_EXPORT)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_EXPORT)

    # --- The list

    @column(
        _("state"),
        ordering="state",
        label={
            State.WAITING: "warning",
            State.QUEUED: "info",
            State.MAKING: "info",
            State.READY: "success",
            State.CANCELLED: "",
            State.FAILED: "danger",
            State.GONE: "",
        },
    )
    def state_label(self, export: Export) -> tuple[str, str]:
        return export.state, export.get_state_display()

    @column(_("signatures"), ordering="rows_total")
    def how_many(self, export: Export) -> int:
        return export.rows_total

    # --- A new one

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: Any = None,  # noqa: ARG002 - likewise
    ) -> HttpResponse:
        _refuse_who_may_not(request)
        if request.method != "POST":
            return self.begin(request)
        form = ExportForm(request.POST)
        if not form.is_valid() or "count" in request.POST:
            return self.form_page(request, form)
        export = orders.order(form.order(), by=cast("User", request.user))
        return _to_page(export)

    def begin(self, request: HttpRequest) -> HttpResponse:
        """The form, as the list was narrowed that led here, with those that were ticked there."""
        chosen = [] if request.POST.get("select_across") == "1" else _ticked(request)
        try:
            filters = {"ticked": chosen} if chosen else filters_of(request.GET)
        except UnknownFilter as unknown:
            words = gettext("Exports know no filter “%(name)s”: take it away, or tick by hand.")
            self.message_user(request, words % {"name": unknown}, messages.WARNING)
            back = reverse("admin:petitions_signature_changelist")
            return HttpResponseRedirect(f"{back}?{request.GET.urlencode()}")
        return self.form_page(request, ExportForm(initial=_USUAL | filters), filters=filters)

    def form_page(
        self, request: HttpRequest, form: ExportForm, *, filters: dict[str, Any] | None = None
    ) -> HttpResponse:
        """How many it would be is said as soon as it is known whom the form means."""
        known = form if form.is_bound else ExportForm(_USUAL | (filters or {}))
        selection = count = None
        if not set(_WHOM) & set(known.errors):
            selection = known.selection()
            found = selection.signatures(Use(known.cleaned_data["use"]))
            count = count_up_to(found, COUNTED_AT_ONCE)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Export signatures"),
            "form": form,
            "count": count,
            "counted": COUNTED_AT_ONCE,
            "which": selection and selection.in_words(),
            "uses": [(use, RULES[use].who, use.label, form[f"columns_{use}"]) for use in Use],
            "encrypted": AgeKey.objects.filter(user=cast("User", request.user)).exists(),
        }
        return TemplateResponse(request, "admin/exports/new.html", context)

    # --- One of them

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: Any = None,  # noqa: ARG002 - likewise
    ) -> HttpResponse:
        _refuse_who_may_not(request)
        if request.method == "POST":
            raise PermissionDenied
        export = get_object_or_404(Export.objects.select_related("by", "approved_by"), pk=object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(export),
            "export": export,
            "said": _in_words(export),
            "columns": ", ".join(title_of(each) for each in export.columns),
            **_what_can_be_done(export, request),
            "ask_again": ASK_AGAIN_SECONDS,
        }
        return TemplateResponse(request, "admin/exports/one.html", context)

    def state(self, request: HttpRequest, pk: str) -> HttpResponse:
        """How far it is, for the page's script."""
        _refuse_who_may_not(request)
        export = get_object_or_404(Export, pk=pk)
        answer = {"state": export.state, "done": export.rows_done, "words": _in_words(export)}
        return JsonResponse(answer, headers={"Cache-Control": "no-store"})

    def do(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Approve, cancel (or refuse), go on: whatever the button says."""
        _refuse_who_may_not(request)
        export = get_object_or_404(Export, pk=pk)
        if request.method == "POST":
            self._do(request, export, cast("User", request.user))
        return _to_page(export)

    def _do(self, request: HttpRequest, export: Export, user: User) -> None:
        try:
            match request.POST.get("do"):
                case "approve":
                    orders.approve(export, by=user)
                case "cancel":
                    _only_their_own_or_waiting(export, user)
                    orders.cancel(export, by=user)
                case "go_on":
                    orders.go_on(export, by=user, now=timezone.now())
        except orders.NotYours as error:
            raise PermissionDenied from error
        except orders.TooLate:
            words = gettext("It is in another state by now: nothing was changed.")
            self.message_user(request, words, messages.WARNING)

    def file(self, request: HttpRequest, pk: str) -> HttpResponseBase:
        _refuse_who_may_not(request)
        return hand_over(request, get_object_or_404(Export, pk=pk))

    def key(self, request: HttpRequest) -> HttpResponseBase:
        _refuse_who_may_not(request)
        return key_page(request, model_admin=self)


def begin_from_list(request: HttpRequest, site: admin.AdminSite) -> HttpResponse:
    """From the list's action to the form."""
    return ExportAdmin(Export, site).begin(request)


def _ticked(request: HttpRequest) -> list[str]:
    return [str(each) for each in ticked(request)]


def _refuse_who_may_not(request: HttpRequest) -> None:
    if not request.user.has_perm(MAY_EXPORT):
        raise PermissionDenied


def _only_their_own_or_waiting(export: Export, user: User) -> None:
    """Somebody else's can be refused, and no more than that."""
    if export.by_id != user.pk and export.state != State.WAITING:
        raise orders.NotYours


def _to_page(export: Export) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:petitions_export_change", args=[export.pk]))


def _in_words(export: Export) -> str:
    if export.state == State.MAKING:
        total = export.rows_total
        words = ngettext(
            "%(done)s of %(total)s signature is in the file.",
            "%(done)s of %(total)s signatures are in the file.",
            total,
        )
        return words % {"done": f"{export.rows_done:,}", "total": f"{total:,}"}
    return str(export.get_state_display())


def _what_can_be_done(export: Export, request: HttpRequest) -> dict[str, Any]:
    mine = export.by_id == request.user.pk
    state = export.state
    under_way = state in {State.WAITING, State.QUEUED, State.MAKING}
    return {
        "mine": mine,
        "under_way": under_way,
        "moves": state in {State.QUEUED, State.MAKING},
        "may_approve": not mine and state == State.WAITING,
        "may_cancel": mine and (under_way or state == State.READY),
        "may_go_on": mine and state in {State.CANCELLED, State.FAILED},
        "may_download": mine and state == State.READY and _is_there(export, timezone.now()),
    }


def _is_there(export: Export, now: datetime) -> bool:
    return export.until is not None and export.until > now
