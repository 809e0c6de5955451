"""Partners: their codes, and what came of them. Nobody gives a partner more than totals."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from petitions.admin.base import ModelAdmin, column
from petitions.admin.counts import count_of
from petitions.models import Partner, Signature


@admin.register(Partner)
class PartnerAdmin(ModelAdmin[Partner]):
    when_empty = _("Who brings signers: each partner gets a code for its links.")
    list_display = ("name", "code", "active", "signed", "created_at")
    list_filter = ("active",)
    search_fields = ("name", "code")
    fields = ("name", "code", "active", "signed_by_petition")
    readonly_fields = ("signed_by_petition",)
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Partner]:
        signed = Signature.objects.counted().filter(partner=OuterRef("pk"))
        return super().get_queryset(request).annotate(signed=count_of(signed, "partner"))

    def get_readonly_fields(
        self, _request: HttpRequest, partner: Partner | None = None
    ) -> tuple[str, ...]:
        """A code stands in links that others have printed, so it never changes."""
        return ("signed_by_petition", "code") if partner else ("signed_by_petition",)

    @column(_("signatures"), ordering="signed")
    def signed(self, partner: Partner) -> int:
        signed: int = getattr(partner, "signed")  # noqa: B009 - annotated by the query
        return signed

    @admin.display(
        description=_("confirmed signatures (tell partners totals only, from ten on)"),
    )
    def signed_by_petition(self, partner: Partner) -> str:
        """By petition; whoever withdrew, or is out of the count, is in none of them."""
        rows = partner.signed_by_petition() if partner.pk else []
        return format_html_join(", ", "{}: {}", rows)
