"""What people asked under the GDPR, by deadline; each is answered by hand, on the page of a person."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, QuerySet, Value, When
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from petitions.admin.audit import record
from petitions.admin.base import ModelAdmin, column
from petitions.models import AuditEntry, PersonRequest
from petitions.models.clock import database_now

State = PersonRequest.State


@admin.register(PersonRequest)
class PersonRequestAdmin(ModelAdmin[PersonRequest]):
    when_empty = _(
        "Persons who ask for their data, its correction or erasure, with the day by which they need an answer."
    )
    list_display = ("case", "kind", "received_on", "due", "state_label", "done_by")
    list_filter = ("state", "kind")
    list_select_related = ("done_by",)
    list_per_page = 50
    actions = ("mark_done", "mark_refused")
    fields = (
        ("kind", "received_on"),
        "identity",
        "notes",
        "extended_because",
        ("due_on", "state"),
        ("done_at", "done_by"),
    )
    readonly_fields = ("due_on", "state", "done_at", "done_by")
    warn_unsaved_form = True

    def get_ordering(self, _request: HttpRequest) -> list[Any]:
        """Those that wait come first, the most urgent at the top."""
        waits = Case(When(state=State.OPEN, then=Value(0)), default=Value(1))
        return [waits, "due_on", "pk"]

    def has_change_permission(
        self, request: HttpRequest, case: PersonRequest | None = None
    ) -> bool:
        """What was answered is not rewritten."""
        return (case is None or case.is_open) and super().has_change_permission(request, case)

    def has_delete_permission(
        self, _request: HttpRequest, _case: PersonRequest | None = None
    ) -> bool:
        """That it was answered, and when, is what has to be shown."""
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"received_on": timezone.localdate(), **super().get_changeform_initial_data(request)}

    @transaction.atomic
    def save_model(
        self,
        request: HttpRequest,
        case: PersonRequest,
        form: ModelForm[PersonRequest],
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        super().save_model(request, case, form, change)
        what = ", ".join(form.changed_data) if change else "new"
        record(request, AuditEntry.Action.CASE, count=1, selection=f"{case}: {what}")

    @column(_("number"), ordering="pk")
    def case(self, case: PersonRequest) -> str:
        return case.number

    @column(_("answer by"), ordering="due_on", label={"late": "danger", "soon": "", "done": ""})
    def due(self, case: PersonRequest) -> tuple[str, str]:
        day = f"{case.due_on:%Y-%m-%d}"
        if not case.is_open:
            return "done", day
        if case.is_overdue(today=timezone.localdate()):
            return "late", gettext("%(day)s: overdue") % {"day": day}
        return "soon", day

    @column(
        _("state"),
        ordering="state",
        label={State.OPEN: "warning", State.DONE: "success", State.REFUSED: "danger"},
    )
    def state_label(self, case: PersonRequest) -> tuple[str, str]:
        return case.state, case.get_state_display()

    @admin.action(description=_("Mark as done"), permissions=["change"])
    def mark_done(self, request: HttpRequest, cases: QuerySet[PersonRequest]) -> None:
        self._finish(request, cases, State.DONE)

    @admin.action(description=_("Mark as refused"), permissions=["change"])
    def mark_refused(self, request: HttpRequest, cases: QuerySet[PersonRequest]) -> None:
        """The person has to be told why, and where to complain; so the notes must say why."""
        silent = [case for case in cases if case.is_open and not case.notes]
        if silent:
            words = gettext(
                "Write down first why it is refused (%(cases)s): the person is owed it."
            )
            names = ", ".join(map(str, silent))
            self.message_user(request, words % {"cases": names}, messages.ERROR)
            return
        self._finish(request, cases, State.REFUSED)

    @transaction.atomic
    def _finish(
        self, request: HttpRequest, cases: QuerySet[PersonRequest], state: PersonRequest.State
    ) -> None:
        by, now = cast("User", request.user), database_now()
        done = [case for case in cases if case.finish(state=state, by=by, now=now)]
        for case in done:
            words = f"{case}: {state.label}"
            record(request, AuditEntry.Action.CASE, count=1, selection=words)
        words = ngettext(
            "%(count)s request is closed.", "%(count)s requests are closed.", len(done)
        )
        self.message_user(request, words % {"count": len(done)}, messages.SUCCESS)
