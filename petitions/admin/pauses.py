"""Pauses: adding one holds letters back at once, deleting it lets them go again."""

from __future__ import annotations

from typing import cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from petitions.admin.audit import record
from petitions.admin.base import ModelAdmin, column
from petitions.models import AuditEntry, Pause


@admin.register(Pause)
class PauseAdmin(ModelAdmin[Pause]):
    when_empty = _("While letters to an office or of a petition are paused, nothing goes out.")
    list_display = ("what", "since", "by", "reason")
    list_select_related = ("petition", "office", "by")
    list_per_page = 50
    fields = ("petition", "office", "reason")

    def has_change_permission(self, _request: HttpRequest, _pause: Pause | None = None) -> bool:
        """What a pause was for is not rewritten: it ends, and another one begins."""
        return False

    @column(_("letters"))
    def what(self, pause: Pause) -> str:
        return pause.what

    @transaction.atomic
    def save_model(
        self,
        request: HttpRequest,
        pause: Pause,
        _form: ModelForm[Pause],
        _change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        pause.by = cast("User", request.user)
        pause.save()
        _record(request, AuditEntry.Action.PAUSE, pause)

    @transaction.atomic
    def delete_model(self, request: HttpRequest, pause: Pause) -> None:
        _record(request, AuditEntry.Action.RESUME, pause)
        pause.delete()

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, pauses: QuerySet[Pause]) -> None:
        for pause in pauses:
            self.delete_model(request, pause)


def pauses_in_force() -> list[Pause]:
    return list(Pause.objects.select_related("petition", "office", "by"))


def _record(request: HttpRequest, action: AuditEntry.Action, pause: Pause) -> None:
    record(request, action, count=1, selection=pause.what, reason=pause.reason)
