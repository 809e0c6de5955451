"""What offices did on their own pages, and the look that some of it waits for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import linebreaksbr
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from petitions.admin.audit import record
from petitions.admin.base import SealedAdmin, column
from petitions.delivery.office_pages import settle
from petitions.models import AuditEntry, OfficeAction
from petitions.models.clock import database_now
from petitions.models.sealed import OfficeWords
from petitions.vault import VaultError

Kind = OfficeAction.Kind
Outcome = OfficeAction.Outcome
MAY_SETTLE = "petitions.change_office"
NEWEST = 20
# What the two buttons say: to accept, and to set aside. An answer is accepted by making it public.
BUTTONS: dict[str, tuple[str | Promise, str | Promise]] = {
    Kind.ADDRESS: (_("Write to this address from now on"), _("Set aside")),
    Kind.OTHER: (_("Done: I have dealt with it"), _("Set aside")),
    Kind.STOP: (_("Leave it stopped"), _("Let letters go there again")),
    Kind.ANSWER: ("", _("Set aside: it stays hidden")),
}


@admin.register(OfficeAction)
class OfficeActionAdmin(SealedAdmin[OfficeAction]):
    when_empty = _("What offices did on the page that their letter links to.")
    list_display = ("at", "office", "letter", "kind_label", "file", "outcome_label")
    list_filter = ("kind", "outcome", "delivery__batch__petition", "delivery__office")
    list_select_related = ("delivery__batch__petition", "delivery__office")
    list_per_page = 50
    fields = (
        ("at", "kind"),
        "letter",
        "file",
        ("new_name", "new_email"),
        "note",
        "its_answer",
        ("outcome", "settled_at", "settled_by"),
        "decide",
    )

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(self.decide_page)
        return [
            path("<uuid:pk>/decide/", decide, name="petitions_officeaction_decide"),
            *super().get_urls(),
        ]

    def decide_page(self, request: HttpRequest, pk: str) -> HttpResponse:
        if not request.user.has_perm(MAY_SETTLE):
            raise PermissionDenied
        actions = OfficeAction.objects.select_related("delivery__office", "delivery__batch")
        action = get_object_or_404(actions, pk=pk)
        if request.method == "POST":
            return self._decide(request, action)
        self.record_reading(request, action)
        use, set_aside = BUTTONS.get(action.kind, ("", ""))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": action.get_kind_display(),
            "action": action,
            "office": action.delivery.office,
            "words": _opened(action),
            "waits": action.outcome == Outcome.WAITS,
            "use": use,
            "set_aside": set_aside,
            "back": reverse("admin:petitions_officeaction_change", args=[action.pk]),
        }
        return TemplateResponse(request, "admin/offices/decide.html", context)

    def _decide(self, request: HttpRequest, action: OfficeAction) -> HttpResponse:
        outcome = request.POST.get("outcome")
        if outcome not in {Outcome.USED, Outcome.ASIDE}:
            return HttpResponseRedirect(request.path)
        by = cast("User", request.user)
        try:
            settled = settle(action, Outcome(outcome), by=by, now=database_now())
        except VaultError:
            words = gettext("What the office wrote can’t be opened here: nothing was changed.")
            self.message_user(request, words, messages.ERROR)
            return HttpResponseRedirect(request.path)
        if settled:
            self.message_user(request, gettext("Your decision is kept."), messages.SUCCESS)
        else:
            words = gettext("Somebody has decided already: nothing was changed.")
            self.message_user(request, words, messages.WARNING)
        return HttpResponseRedirect(
            reverse("admin:petitions_officeaction_change", args=[action.pk])
        )

    @column(_("office"), ordering="delivery__office")
    def office(self, action: OfficeAction) -> str:
        return str(action.delivery.office)

    @column(_("letter"), ordering="delivery__batch__closed_at")
    def letter(self, action: OfficeAction) -> str:
        url = reverse("admin:petitions_delivery_change", args=[action.delivery_id])
        return format_html('<a class="link" href="{}">{}</a>', url, action.delivery.batch)

    @column(
        _("what"),
        ordering="kind",
        label={
            Kind.CONFIRM: "success",
            Kind.DOWNLOAD: "",
            Kind.ADDRESS: "info",
            Kind.OTHER: "info",
            Kind.STOP: "danger",
            Kind.ANSWER: "info",
        },
    )
    def kind_label(self, action: OfficeAction) -> tuple[str, str]:
        return action.kind, action.get_kind_display()

    @column(
        _("outcome"),
        ordering="outcome",
        label={
            Outcome.NOTED: "",
            Outcome.WAITS: "warning",
            Outcome.USED: "success",
            Outcome.ASIDE: "",
        },
    )
    def outcome_label(self, action: OfficeAction) -> tuple[str, str]:
        return action.outcome, action.get_outcome_display()

    # --- One action, opened

    def record_reading(self, request: HttpRequest, action: OfficeAction) -> None:
        """What an office wrote names people who work there; many actions hold no words."""
        if action.box is not None:
            selection = gettext("words of an office, %(id)s") % {"id": action.pk}
            record(request, AuditEntry.Action.READ, count=1, selection=selection)

    @column(_("name that it gave"))
    def new_name(self, action: OfficeAction) -> str:
        return _opened(action).name

    @column(_("address that it gave"))
    def new_email(self, action: OfficeAction) -> str:
        return _opened(action).email

    @column(_("note"))
    def note(self, action: OfficeAction) -> str:
        lines: str = linebreaksbr(_opened(action).note)
        return lines

    @column(_("answer"))
    def its_answer(self, action: OfficeAction) -> str:
        if action.answer is None:
            return ""
        url = reverse("admin:petitions_answer_change", args=[action.answer_id])
        return format_html('<a class="link" href="{}">{}</a>', url, action.answer)

    @column(_("decision"))
    def decide(self, action: OfficeAction) -> str:
        if action.outcome != Outcome.WAITS:
            return ""
        url = reverse("admin:petitions_officeaction_decide", args=[action.pk])
        return format_html('<a class="link" href="{}">{}</a>', url, _("Decide"))


def lines_of(actions: Iterable[OfficeAction]) -> str:
    """A line for each, which leads to it."""
    return format_html_join(
        "",
        '<p><a class="link" href="{}">{}</a> {}</p>',
        (
            (
                reverse("admin:petitions_officeaction_change", args=[each.pk]),
                str(each),
                each.file or each.get_outcome_display(),
            )
            for each in actions
        ),
    )


def _opened(action: OfficeAction) -> OfficeWords:
    try:
        return action.open_words()
    except VaultError:
        return OfficeWords(note=gettext("(could not be opened with the keys that are here)"))
