"""The audit trail: who read what, and why. Nobody changes it here, whatever they may do."""

from __future__ import annotations

from typing import cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from petitions.admin.base import ReadOnlyAdmin, column
from petitions.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin[AuditEntry]):
    list_display = ("at", "who", "what", "count", "selection", "reason")
    list_filter = ("action", ("user", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("user",)
    list_per_page = 50
    date_hierarchy = "at"

    # The links are for `manage.py verify_audit`.
    exclude = ("link",)

    @column(_("who"), ordering="user__username")
    def who(self, entry: AuditEntry) -> str:
        return entry.who

    @column(
        _("what"),
        ordering="action",
        label={
            AuditEntry.Action.EXPORT: "danger",
            AuditEntry.Action.PUBLISH: "warning",
            AuditEntry.Action.HIDE: "info",
            AuditEntry.Action.APPROVE: "success",
            AuditEntry.Action.PAUSE: "warning",
            AuditEntry.Action.RESUME: "success",
            AuditEntry.Action.TELL: "success",
            AuditEntry.Action.RIGHTS: "warning",
            AuditEntry.Action.SIGN_OUT: "info",
            AuditEntry.Action.RESET: "warning",
            AuditEntry.Action.HOLD: "warning",
            AuditEntry.Action.RELEASE: "success",
            AuditEntry.Action.UNDO: "info",
            AuditEntry.Action.ALLOW: "success",
            AuditEntry.Action.CANCEL: "info",
            AuditEntry.Action.DOWNLOAD: "danger",
            AuditEntry.Action.AGE_KEY: "warning",
            AuditEntry.Action.IMPORT: "warning",
            AuditEntry.Action.TRY_NEWS: "info",
            AuditEntry.Action.HOLD_NEWS: "warning",
            AuditEntry.Action.GO_NEWS: "success",
            AuditEntry.Action.STOP_NEWS: "danger",
            AuditEntry.Action.STATE: "warning",
            AuditEntry.Action.ADDRESS: "info",
            AuditEntry.Action.CASE: "info",
            AuditEntry.Action.HANDOVER: "danger",
            AuditEntry.Action.CORRECT: "warning",
            AuditEntry.Action.RESTRICT: "warning",
            AuditEntry.Action.UNRESTRICT: "warning",
            AuditEntry.Action.ERASE: "danger",
            AuditEntry.Action.SEARCH: "info",
            AuditEntry.Action.READ: "info",
        },
    )
    def what(self, entry: AuditEntry) -> tuple[str, str]:
        return entry.action, entry.get_action_display()


def record(
    request: HttpRequest,
    action: AuditEntry.Action,
    *,
    count: int,
    selection: str = "",
    reason: str = "",
) -> None:
    """Leave a line for what `request`'s organizer is about to do; it must hold no person."""
    AuditEntry.objects.record(
        user=cast("User", request.user),
        action=action,
        count=count,
        selection=selection,
        reason=reason,
    )
