"""The asks: their state and goal, with their words and their news."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from petitions.admin.audit import record
from petitions.admin.base import InlineFormSet, ModelAdmin, StackedInline, column
from petitions.admin.letter_words import preview_button, preview_page
from petitions.models import AuditEntry, Petition, PetitionText, PetitionUpdate
from petitions.models.letter_words import list_of_placeholders


class TextFormSet(InlineFormSet[PetitionText, Petition, Any]):
    def clean(self) -> None:
        """A petition with a page needs words for it, at least in the campaign's language."""
        super().clean()
        kept = [form.cleaned_data for form in self.forms if form not in self.deleted_forms]
        has_words = any(data.get("language") == settings.LANGUAGE_CODE for data in kept)
        if self.instance.state != Petition.State.DRAFT and not has_words:
            raise ValidationError(
                _("Only a draft may be without a text in the campaign's first language.")
            )


class TextInline(StackedInline[PetitionText, Petition]):
    model = PetitionText
    formset = TextFormSet
    extra = 0
    max_num = len(settings.LANGUAGES)
    tab = True
    readonly_fields = ("preview",)
    fieldsets = (
        (None, {"fields": ("language", "title", "short_title", "summary", "demand", "body")}),
        (
            _("letter"),
            {
                "fields": ("letter_subject", "letter_salutation", "letter", "preview"),
                "description": list_of_placeholders(),
            },
        ),
    )

    @column(_("preview"))
    def preview(self, _text: PetitionText) -> str:
        return preview_button()


class UpdateInline(StackedInline[PetitionUpdate, Petition]):
    model = PetitionUpdate
    extra = 0
    tab = True
    collapsible = True
    readonly_fields = ("news",)

    @column(_("news"))
    def news(self, update: PetitionUpdate) -> str:
        if update.pk is None:
            return _("Save it first; then it can be mailed to supporters.")
        url = reverse("admin:petitions_newsletter_add", query={"update": update.pk})
        return format_html('<a class="link" href="{}">{}</a>', url, _("Mail it to supporters"))


@admin.register(Petition)
class PetitionAdmin(ModelAdmin[Petition]):
    list_display = ("number", "title", "state_label", "signed", "goal")
    list_display_links = ("number", "title")
    fields = (
        ("number", "slug"),
        ("state", "goal"),
        ("batch_days", "batch_signatures"),
        "opened_at",
        ("letters_approved_at", "letters_approved_by"),
    )
    actions = ("approve_letters",)
    inlines = (TextInline, UpdateInline)
    # The link would lead nowhere in the organizers' own process, which has no public pages.
    view_on_site = False
    warn_unsaved_form = True

    class Media:
        js = (Script("admin/letter.js", type="module"),)

    def get_urls(self) -> list[URLPattern]:
        letters = self.admin_site.admin_view(self.letters)
        return [path("letters/", letters, name="petitions_petition_letters"), *super().get_urls()]

    def letters(self, request: HttpRequest) -> HttpResponse:
        """What the words in the form would send."""
        if not (self.has_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        return preview_page(request, context=context)

    def save_related(
        self,
        request: HttpRequest,
        form: Any,
        formsets: Any,
        change: bool,  # noqa: FBT001 - Django's
    ) -> None:
        """New words of a letter need a new approval."""
        before = form.instance.letter_words()
        super().save_related(request, form, formsets, change)
        if form.instance.letter_words() != before and form.instance.withdraw_approval():
            words = _("The letters have new words, and wait until they are approved again.")
            self.message_user(request, words, messages.WARNING)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Petition]:
        signed = Coalesce(Sum("tallies__count"), 0)
        petitions = super().get_queryset(request).annotate(signed=signed)
        return petitions.prefetch_related("texts")

    def has_delete_permission(self, request: HttpRequest, petition: Petition | None = None) -> bool:
        """Only a draft may go: a page that was public keeps its address."""
        is_draft = petition is not None and petition.state == Petition.State.DRAFT
        return is_draft and super().has_delete_permission(request, petition)

    def get_readonly_fields(
        self, _request: HttpRequest, petition: Petition | None = None
    ) -> tuple[str, ...]:
        was_public = petition is not None and petition.state != Petition.State.DRAFT
        approved = ("letters_approved_at", "letters_approved_by")
        return ("slug", *approved) if was_public else approved

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("petitions.approve_letters")

    @admin.action(description=_("Approve their letters"), permissions=["approve"])
    def approve_letters(self, request: HttpRequest, petitions: QuerySet[Petition]) -> None:
        """Whoever ticks a petition here has read its letter; from now on letters go out."""
        approved = 0
        for petition in petitions:
            approved += approve(request, petition)
        words = ngettext(
            "The letters of %(approved)s petition go out from now on.",
            "The letters of %(approved)s petitions go out from now on.",
            approved,
        )
        level = messages.SUCCESS if approved else messages.WARNING
        self.message_user(request, words % {"approved": approved}, level)

    @column(_("title"))
    def title(self, petition: Petition) -> str:
        return title_of(petition)

    @column(
        _("state"),
        ordering="state",
        label={
            Petition.State.DRAFT: "warning",
            Petition.State.OPEN: "success",
            Petition.State.CLOSED: "",
            Petition.State.WON: "primary",
        },
    )
    def state_label(self, petition: Petition) -> tuple[str, str]:
        return petition.state, petition.get_state_display()

    @column(_("signatures"), ordering="signed")
    def signed(self, petition: Petition) -> int:
        signed: int = getattr(petition, "signed")  # noqa: B009 - annotated by the query
        return signed


@transaction.atomic
def approve(request: HttpRequest, petition: Petition) -> bool:
    """With a line in the audit trail; False where somebody has approved them before."""
    user = cast("User", request.user)
    approved = petition.approve_letters(by=user, now=timezone.now())
    if approved:
        record(request, AuditEntry.Action.APPROVE, count=1, selection=str(petition))
    return approved


def title_of(petition: Petition) -> str:
    """Its title in the reader's language or the first one; a draft may have neither."""
    titles = {text.language: text.title for text in petition.texts.all()}
    return titles.get(get_language() or "") or titles.get(settings.LANGUAGE_CODE) or petition.slug
