"""Suspicious patterns: groups, each with the way to its signatures, until somebody has looked."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin as DjangoModelAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from petitions.admin.base import DropdownFilter, ReadOnlyAdmin, column
from petitions.models import Suspicion
from petitions.models.suspicion import SuspicionQuerySet
from petitions.signatures.suspicions import settle


class SettledFilter(DropdownFilter):
    """Open ones, unless all are asked for."""

    title = _("state")
    parameter_name = "state"

    def lookups(
        self, _request: HttpRequest, _model_admin: DjangoModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        return [("all", gettext("all of the last 30 days"))]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Suspicion]) -> QuerySet[Suspicion]:
        return rows if self.value() == "all" else cast("SuspicionQuerySet", rows).open()


@admin.register(Suspicion)
class SuspicionAdmin(ReadOnlyAdmin[Suspicion]):
    when_empty = _(
        "Bursts, crowds from one network and names that look alike appear here by themselves."
    )
    list_display = ("kind_label", "petition", "when", "how_many", "usual", "look", "settled")
    list_display_links = None
    list_filter = (SettledFilter, "kind")
    list_select_related = ("petition", "settled_by")
    list_per_page = 50
    list_before_template = "admin/signatures/suspicions.html"
    fields = ("kind", "petition", "when", "how_many", "usual", "look", "settled")
    actions = ("nothing_is_wrong",)

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("petitions.hold_signature")

    @column(
        _("what"),
        ordering="kind",
        label={
            Suspicion.Kind.BURST: "danger",
            Suspicion.Kind.NETWORK: "warning",
            Suspicion.Kind.THROW_AWAY: "info",
        },
    )
    def kind_label(self, suspicion: Suspicion) -> tuple[str, str]:
        return suspicion.kind, suspicion.get_kind_display()

    @column(_("hour"), ordering="hour")
    def when(self, suspicion: Suspicion) -> str:
        return f"{suspicion.hour:%Y-%m-%d %H:%M}"

    @column(_("signatures"), ordering="count")
    def how_many(self, suspicion: Suspicion) -> int:
        return suspicion.count

    @admin.display(description=_("what to do"))
    def look(self, suspicion: Suspicion) -> SafeString:
        url = f"{reverse('admin:petitions_signature_changelist')}?suspicion={suspicion.pk}"
        return format_html('<a class="link" href="{}">{}</a>', url, gettext("Look at them"))

    @admin.display(description=_("looked at by"))
    def settled(self, suspicion: Suspicion) -> str:
        if suspicion.settled_at is None:
            return ""
        return f"{suspicion.settled_by or ''} {suspicion.settled_at:%Y-%m-%d %H:%M}".strip()

    @admin.action(description=_("Nothing is wrong with them"), permissions=["settle"])
    def nothing_is_wrong(self, request: HttpRequest, suspicions: QuerySet[Suspicion]) -> None:
        user = cast("User", request.user)
        chosen = Suspicion.objects.filter(pk__in=[each.pk for each in suspicions])
        count = settle(chosen, by_id=user.pk, now=timezone.now(), minding=False)
        words = ngettext(
            "%(count)s is settled. It comes back if it grows to twice as many.",
            "%(count)s are settled. They come back if they grow to twice as many.",
            count,
        )
        self.message_user(request, words % {"count": count}, messages.SUCCESS)
