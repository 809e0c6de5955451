"""Taking suspicious signatures out of the count in bulk, and counting them again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_countries import countries
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from petitions.admin.audit import record
from petitions.admin.base import ModelAdmin, ReadOnlyAdmin, column
from petitions.admin.chosen import Choice, choice
from petitions.admin.counts import count_of
from petitions.models import AuditEntry, Hold, Petition, Signature, Suspicion
from petitions.models.hold import SHORTEST_REASON
from petitions.signatures.holds import already_in_letters, hold, release
from petitions.signatures.suspicions import settle

MAY_HOLD = "petitions.hold_signature"
COUNTRIES_SHOWN = 8
# Some 6,000 a second were moved; from so many on a person would wonder whether it still goes on.
LONG = 50_000


class HoldForm(forms.Form):
    why = forms.ChoiceField(
        label=_("What is suspicious?"), choices=Hold.Why, widget=UnfoldAdminSelectWidget
    )
    reason = forms.CharField(
        label=_("Why, in your words?"),
        help_text=_("Stands in the audit trail. Please name no signer here."),
        min_length=SHORTEST_REASON,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class ReleaseForm(forms.Form):
    reason = HoldForm.base_fields["reason"]


@dataclass(frozen=True)
class Affected:
    """What a decision would change: how many signatures of which petition, from where."""

    petitions: list[tuple[Petition, int]]
    countries: list[tuple[str, int]]
    in_letters: int

    @property
    def count(self) -> int:
        return sum(count for _petition, count in self.petitions)


def hold_page(request: HttpRequest, *, model_admin: ModelAdmin[Signature]) -> HttpResponse:
    """Shows what would be taken out of the count and asks why; once told, does it."""
    _refuse_who_may_not(request)
    chosen = choice(request, model_admin)
    suspicion = _suspicion(request)
    likely = suspicion.kind if suspicion else Hold.Why.OTHER
    form = HoldForm(_told(request), initial={"why": request.POST.get("why", likely)})
    if not form.is_valid():
        return _ask(request, model_admin, form, chosen, verb="hold")
    why, reason = Hold.Why(form.cleaned_data["why"]), form.cleaned_data["reason"]
    made = hold(
        chosen.signatures,
        why=why,
        reason=reason,
        by=cast("User", request.user),
        audit=_audit(request, AuditEntry.Action.HOLD, chosen, f"{why.label}: {reason}"),
    )
    if suspicion and not suspicion.signatures.filter(hold=None).exists():
        by_id = cast("User", request.user).pk
        dealt_with = Suspicion.objects.filter(pk=suspicion.pk)
        settle(dealt_with, by_id=by_id, now=timezone.now(), minding=True)
    words = ngettext(
        "%(count)s signature was taken out of the count.",
        "%(count)s signatures were taken out of the count.",
        made.taken,
    )
    return _done(request, model_admin, words % {"count": made.taken})


def release_page(request: HttpRequest, *, model_admin: ModelAdmin[Signature]) -> HttpResponse:
    _refuse_who_may_not(request)
    chosen = choice(request, model_admin)
    form = ReleaseForm(_told(request))
    if not form.is_valid():
        return _ask(request, model_admin, form, chosen, verb="release")
    count = release(
        chosen.signatures,
        audit=_audit(request, AuditEntry.Action.RELEASE, chosen, form.cleaned_data["reason"]),
    )
    words = ngettext(
        "%(count)s signature is counted again.", "%(count)s signatures are counted again.", count
    )
    return _done(request, model_admin, words % {"count": count})


def affected_by(signatures: QuerySet[Signature]) -> Affected:
    groups = signatures.order_by()
    by_petition, by_country = Counter[int](), Counter[str]()
    for petition, country, count in groups.values_list("petition", "country").annotate(
        count=Count("pk")
    ):
        by_petition[petition] += count
        by_country[country] += count
    petitions = Petition.objects.in_bulk(by_petition)
    return Affected(
        [(petitions[each], count) for each, count in by_petition.most_common()],
        [(countries.name(code) or code, count) for code, count in by_country.most_common()],
        already_in_letters(signatures),
    )


def _told(request: HttpRequest) -> dict[str, str] | None:
    """A list's action and the page of names post here, too, and say no reason."""
    return request.POST.dict() if "reason" in request.POST else None


def _ask(
    request: HttpRequest,
    model_admin: ModelAdmin[Signature],
    form: forms.Form,
    chosen: Choice,
    *,
    verb: str,
) -> HttpResponse:
    held = verb == "release"
    affected = affected_by(chosen.signatures.filter(hold__isnull=not held))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Count again") if held else _("Take out of the count"),
        "verb": verb,
        "form": form,
        "chosen": chosen,
        "ticked": ",".join(map(str, chosen.ticked)),
        "affected": affected,
        "is_long": affected.count >= LONG,
        "countries": affected.countries[:COUNTRIES_SHOWN],
        "more_countries": len(affected.countries[COUNTRIES_SHOWN:]),
        "action": reverse(f"admin:petitions_signature_{verb}"),
    }
    return TemplateResponse(request, "admin/signatures/hold.html", context)


def _audit(
    request: HttpRequest, action: AuditEntry.Action, chosen: Choice, reason: str
) -> Callable[[int], None]:
    def leave_a_line(count: int) -> None:
        record(request, action, count=count, selection=chosen.words, reason=reason)

    return leave_a_line


def _suspicion(request: HttpRequest) -> Suspicion | None:
    """The one that the list is narrowed to; once all of it is held, it is dealt with."""
    pk = request.GET.get("suspicion", "")
    return Suspicion.objects.filter(pk=int(pk)).first() if pk.isdecimal() else None


def _done(
    request: HttpRequest, model_admin: ModelAdmin[Signature], words: str
) -> HttpResponseRedirect:
    model_admin.message_user(request, words, messages.SUCCESS)
    list_url = reverse("admin:petitions_signature_changelist")
    return HttpResponseRedirect(f"{list_url}?{request.GET.urlencode()}")


def _refuse_who_may_not(request: HttpRequest) -> None:
    if not request.user.has_perm(MAY_HOLD):
        raise PermissionDenied


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin[Hold]):
    when_empty = _("Signatures that somebody took out of the count, until they are released.")
    list_display = ("at", "by", "why_label", "reason", "taken", "held_now")
    list_filter = ("why",)
    list_select_related = ("by",)
    list_per_page = 50
    fields = ("at", "by", "why", "reason", "taken", "held_now")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hold]:
        held = Signature.objects.filter(hold=OuterRef("pk"))
        return super().get_queryset(request).annotate(held=count_of(held, "hold"))

    @column(_("why"), ordering="why", label=dict.fromkeys(Hold.Why, "warning"))
    def why_label(self, made: Hold) -> tuple[str, str]:
        return made.why, made.get_why_display()

    @admin.display(description=_("still out of the count"))
    def held_now(self, made: Hold) -> SafeString | int:
        """With the way to its signatures, where they are counted again."""
        held: int = getattr(made, "held")  # noqa: B009 - annotated by the query
        if not held:
            return 0
        url = f"{reverse('admin:petitions_signature_changelist')}?hold={made.pk}"
        return format_html('<a class="link" href="{}">{}</a>', url, held)
