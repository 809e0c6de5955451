"""Signatures: the list shows what is not sealed; a signer's details are opened one at a time.

Before a box is opened, the audit trail has a line that says who looks.
"""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from petitions.admin import alike, find, holds, moderation, names
from petitions.admin.audit import record
from petitions.admin.base import SealedAdmin, column
from petitions.admin.exports import begin_from_list
from petitions.admin.filters import (
    BatchFilter,
    CountryFilter,
    DatesFilter,
    FlagFilter,
    HeldFilter,
    NameFilter,
    PetitionFilter,
    SourceFilter,
    SuspicionFilter,
    VisibilityFilter,
    reference_in,
)
from petitions.admin.opening import opened
from petitions.models import AuditEntry, Signature, Source, Visibility

# Drawing the rows takes most of a list's time.
ROWS_A_PAGE = 50
LOOK_ALIKES_SHOWN = 20


@admin.register(Signature)
class SignatureAdmin(SealedAdmin[Signature]):
    list_display = (
        "reference",
        "petition",
        "country_name",
        "visibility_label",
        "confirmed",
        "batch_number",
        "public_name",
        "flags",
    )
    list_filter = (
        PetitionFilter,
        CountryFilter,
        VisibilityFilter,
        NameFilter,
        BatchFilter,
        FlagFilter,
        HeldFilter,
        SuspicionFilter,
        ("confirmed_hour", DatesFilter),
        SourceFilter,
    )
    list_filter_submit = True
    list_select_related = ("petition", "batch")
    # The only order that has an index: others would sort a million rows.
    sortable_by = ("confirmed",)
    list_per_page = list_max_show_all = ROWS_A_PAGE
    list_before_template = "admin/signatures/tools.html"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ("id",)
    search_help_text = _("First characters of a reference")
    actions = ("export_chosen", "show_names", "hide_names", "hold_chosen", "release_chosen")

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "find": find.find_page,
            "names": names.names_page,
            "queue": moderation.queue_page,
            "hold": holds.hold_page,
            "release": holds.release_page,
            "compare": alike.compare_page,
        }
        return [
            path(
                f"{name}/",
                self.admin_site.admin_view(partial(page, model_admin=self)),
                name=f"petitions_signature_{name}",
            )
            for name, page in pages.items()
        ] + super().get_urls()

    def has_read_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("petitions.read_details")

    def has_export_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("petitions.export_signature")

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """It lets see the names of those who chose to be public, and no others'."""
        return request.user.has_perm(names.MAY_PUBLISH)

    def has_hold_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(holds.MAY_HOLD)

    # --- The list

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may = {
            "may_export": self.has_export_permission(request),
            "may_find": self.has_read_permission(request),
            "may_hold": self.has_hold_permission(request),
            "shows_held": request.GET.get("hold", "none") != "none",
            "may_import": request.user.has_perm("petitions.import_signature"),
        }
        return super().changelist_view(request, (extra_context or {}) | may)

    def get_search_results(
        self, request: HttpRequest, signatures: QuerySet[Signature], typed: str
    ) -> tuple[QuerySet[Signature], bool]:
        """References only: what is typed here stands in the address line, so no person may."""
        if not typed:
            return signatures, False
        reference = reference_in(typed)
        if not reference:
            words = gettext("This box takes references only. People are found with “A person”.")
            self.message_user(request, words, messages.WARNING)
            return signatures.none(), False
        ends = uuid.UUID(reference.ljust(32, "0")), uuid.UUID(reference.ljust(32, "f"))
        return signatures.filter(pk__range=ends), False

    @column(_("reference"))
    def reference(self, signature: Signature) -> str:
        return short(signature.pk)

    @column(_("country"))
    def country_name(self, signature: Signature) -> str:
        """Django would walk through all countries of the world for each row, twice."""
        return countries.name(signature.country.code)

    @column(
        _("visibility"),
        label={
            Visibility.PUBLIC: "success",
            Visibility.OFFICIALS: "info",
            Visibility.WITHHELD: "",
        },
    )
    def visibility_label(self, signature: Signature) -> tuple[str, str]:
        return signature.visibility, signature.get_visibility_display()

    @column(_("confirmed (hour)"), ordering="confirmed_hour")
    def confirmed(self, signature: Signature) -> str:
        return f"{signature.confirmed_hour:%Y-%m-%d %H:%M}"

    @column(_("batch"))
    def batch_number(self, signature: Signature) -> int | None:
        return signature.batch.number if signature.batch else None

    @column(_("flags"), label={})
    def flags(self, signature: Signature) -> list[str]:
        return _flags(signature)

    # --- What can be done with those that were ticked

    @admin.action(description=_("Export"), permissions=["export"])
    def export_chosen(self, request: HttpRequest, _signatures: QuerySet[Signature]) -> HttpResponse:
        return begin_from_list(request, self.admin_site)

    @admin.action(description=_("Show names on the site"), permissions=["publish"])
    def show_names(
        self, request: HttpRequest, signatures: QuerySet[Signature]
    ) -> HttpResponse | None:
        return names.look_at_names(request, signatures, model_admin=self)

    @admin.action(description=_("Hide names"), permissions=["publish"])
    def hide_names(self, request: HttpRequest, signatures: QuerySet[Signature]) -> None:
        names.hide_names(request, signatures, model_admin=self)

    @admin.action(description=_("Take out of the count"), permissions=["hold"])
    def hold_chosen(self, request: HttpRequest, _signatures: QuerySet[Signature]) -> HttpResponse:
        return holds.hold_page(request, model_admin=self)

    @admin.action(description=_("Count again"), permissions=["hold"])
    def release_chosen(
        self, request: HttpRequest, _signatures: QuerySet[Signature]
    ) -> HttpResponse:
        return holds.release_page(request, model_admin=self)

    # --- One signature

    def get_fieldsets(
        self, request: HttpRequest, _signature: Signature | None = None
    ) -> list[tuple[Any, Any]]:
        plain: tuple[Any, ...] = (
            "id",
            ("petition", "batch"),
            ("confirmed_hour", "country"),
            ("visibility", "public_name"),
            ("language", "consent_version"),
            ("source", "imported"),
            ("flags_in_words", "look_alikes"),
            "hold",
        )
        sealed = ("name", "postcode", "comment")
        signature = (None, {"fields": plain})
        if not self.has_read_permission(request):
            return [signature]
        signature = (None, {"fields": (*plain, "person")})
        description = _("Sealed until now; that you look at it stands in the audit trail.")
        return [signature, (_("Details"), {"fields": sealed, "description": description})]

    def record_reading(self, request: HttpRequest, signature: Signature) -> None:
        if signature.sig_box and self.has_read_permission(request):
            record(request, AuditEntry.Action.READ, count=1, selection=str(signature.pk))

    @admin.display(description=_("flags"))
    def flags_in_words(self, signature: Signature) -> str:
        return ", ".join(_flags(signature))

    @admin.display(description=_("whoever asks"))
    def person(self, signature: Signature) -> str:
        """By its reference; who can still be found by address is found there as well."""
        link = reverse("admin:petitions_signature_find")
        words = _("Hand over, correct, restrict or erase")
        return format_html(
            '<a class="link" href="{}?reference={}">{}</a>', link, signature.pk, words
        )

    @admin.display(description=_("name"))
    def name(self, signature: Signature) -> str:
        if signature.details_are_erased:
            return gettext("(erased: its time was over)")
        if signature.sig_box is None:
            return gettext("(counted only: nothing was kept)")
        details = opened(signature)
        unopened = gettext("(could not be opened with the keys that are here)")
        return details.name if details else unopened

    @admin.display(description=_("postcode"))
    def postcode(self, signature: Signature) -> str:
        details = opened(signature)
        return details.postcode if details else ""

    @admin.display(description=_("comment"))
    def comment(self, signature: Signature) -> str:
        details = opened(signature)
        return details.comment if details else ""

    @admin.display(description=_("addresses that look alike"))
    def look_alikes(self, signature: Signature) -> str:
        """The others of this petition whose address could be taken for this one's."""
        if signature.look_alike is None:
            return ""
        others = Signature.objects.filter(
            petition=signature.petition, look_alike=signature.look_alike
        ).exclude(pk=signature.pk)
        links = (
            (reverse("admin:petitions_signature_change", args=[each]), short(each))
            for each in others.values_list("pk", flat=True)[:LOOK_ALIKES_SHOWN]
        )
        return format_html_join(", ", '<a class="link" href="{}">{}</a>', links)


def short(reference: uuid.UUID) -> str:
    return str(reference)[:8]


def _flags(signature: Signature) -> list[str]:
    flags = (
        (signature.hold_id is not None, _("out of the count")),
        (signature.crowd is not None, _("crowd")),
        (signature.alike, _("look-alike")),
        (signature.quarantined, _("quarantined")),
        (signature.disposable, _("throw-away address")),
        (signature.restricted, _("restricted")),
        (signature.source == Source.PAPER, _("on paper")),
    )
    return [str(words) for is_up, words in flags if is_up]
