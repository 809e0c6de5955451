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
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from petitions.admin.approval import watch_letters
from petitions.admin.audit import record
from petitions.admin.base import InlineFormSet, ModelAdmin, StackedInline, column
from petitions.admin.letter_words import preview_button, preview_page
from petitions.admin.markdown_preview import MarkdownWidget, markdown_page
from petitions.admin.petition_texts import language_states, texts_page, texts_url
from petitions.admin.publication import publication_page
from petitions.lifecycle import count_of
from petitions.models import AuditEntry, Petition, PetitionText
from petitions.models.letter_words import list_of_placeholders


class TextFormSet(InlineFormSet[PetitionText, Petition, Any]):
    def clean(self) -> None:
        """A petition with a page needs words for it, at least in the campaign's language."""
        super().clean()
        kept = [form.cleaned_data for form in self.forms if form not in self.deleted_forms]
        has_words = any(data.get("language") == settings.LANGUAGE_CODE for data in kept)
        if has_words:
            return
        if self.instance.state != Petition.State.DRAFT:
            raise ValidationError(
                _("Only a draft may be without a text in the campaign's first language.")
            )
        if self.instance.opens_at is not None:
            raise ValidationError(
                _("What opens by itself needs a text in the campaign's first language.")
            )


class TextInline(StackedInline[PetitionText, Petition]):
    model = PetitionText
    formset = TextFormSet
    extra = 0
    max_num = len(settings.LANGUAGES)
    tab = True
    readonly_fields = ("preview",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    *("language", "title", "short_title", "summary", "demand"),
                    *("body", "outcome"),
                )
            },
        ),
        (
            _("letter"),
            {
                "fields": ("letter_subject", "letter_salutation", "letter", "preview"),
                "description": list_of_placeholders(),
            },
        ),
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **how: Any) -> Any:
        if db_field.name in {"body", "outcome"}:
            how["widget"] = MarkdownWidget
        return super().formfield_for_dbfield(db_field, request, **how)

    @column(_("preview"))
    def preview(self, _text: PetitionText) -> str:
        return preview_button()


@admin.register(Petition)
class PetitionAdmin(ModelAdmin[Petition]):
    list_display = ("number", "title", "state_label", "planned", "signed", "goal", "words")
    list_display_links = ("number", "title")
    fields = (
        ("number", "slug"),
        "goal",
        "opens_at",
        "closes_at",
        ("batch_days", "batch_signatures"),
        ("state", "opened", "closed_at"),
        ("letters_approved_at", "letters_approved_by"),
    )
    readonly_fields = (
        *("state", "opened", "closed_at"),
        *("letters_approved_at", "letters_approved_by"),
    )
    actions = ("approve_letters",)
    inlines = (TextInline,)
    change_form_outer_before_template = "admin/petitions/tools.html"
    # The link would lead nowhere in the organizers' own process, which has no public pages.
    view_on_site = False
    warn_unsaved_form = True

    class Media:
        js = (Script("admin/letter.js", type="module"),)

    def get_urls(self) -> list[URLPattern]:
        letters = self.admin_site.admin_view(self.letters)
        texts = self.admin_site.admin_view(self.texts)
        publication = self.admin_site.admin_view(self.publication)
        markdown = self.admin_site.admin_view(self.markdown)
        return [
            path("letters/", letters, name="petitions_petition_letters"),
            path("markdown/", markdown, name="petitions_petition_markdown"),
            path("<int:pk>/texts/", texts, name="petitions_petition_texts"),
            path("<int:pk>/publication/", publication, name="petitions_petition_publication"),
            *super().get_urls(),
        ]

    def letters(self, request: HttpRequest) -> HttpResponse:
        """What the words in the form would send."""
        if not (self.has_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        return preview_page(request, context=context)

    def texts(self, request: HttpRequest, pk: int) -> HttpResponse:
        return texts_page(request, self._to_change(request, pk), model_admin=self)

    def publication(self, request: HttpRequest, pk: int) -> HttpResponse:
        return publication_page(request, self._to_change(request, pk), model_admin=self)

    def _to_change(self, request: HttpRequest, pk: int) -> Petition:
        if not self.has_change_permission(request):
            raise PermissionDenied
        return get_object_or_404(Petition.objects.with_texts(), pk=pk)

    def markdown(self, request: HttpRequest) -> HttpResponse:
        """Whoever is let in may see what they typed: nothing is read or stored."""
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        return markdown_page(request, context=context)

    def save_model(
        self,
        request: HttpRequest,
        petition: Petition,
        form: Any,
        change: bool,  # noqa: FBT001 - Django's
    ) -> None:
        if change:
            # Only what was typed: the schedule may open or close it at this moment.
            petition.save(update_fields=form.changed_data)
        else:
            super().save_model(request, petition, form, change)
        if change and "slug" in form.changed_data and petition.state != Petition.State.DRAFT:
            old = form.initial["slug"]
            record(
                request, AuditEntry.Action.ADDRESS, count=1, selection=f"{old} → {petition.slug}"
            )
            words = _("Links to the old address lead to the new one from now on.")
            self.message_user(request, words, messages.SUCCESS)
        signed = count_of(petition)
        if "goal" in form.changed_data and 0 < petition.goal <= signed:
            words = _("The goal is not above the %(signed)s signatures that there are already.")
            self.message_user(request, words % {"signed": signed}, messages.WARNING)

    def save_related(
        self,
        request: HttpRequest,
        form: Any,
        formsets: Any,
        change: bool,  # noqa: FBT001 - Django's
    ) -> None:
        with watch_letters(request, form.instance):
            super().save_related(request, form, formsets, change)

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
        # What is planned is used up once it has opened, or ended.
        state = petition.state if petition else Petition.State.DRAFT
        used = {"opens_at"} if state == Petition.State.OPEN else set()
        used |= {"opens_at", "closes_at"} if state in Petition.ENDED else set()
        return (*self.readonly_fields, *sorted(used))

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

    @column(_("planned"))
    def planned(self, petition: Petition) -> str:
        """What the schedule does next, if anything; the state is moved by its own page."""
        if petition.opens_at is not None:
            at = date_format(petition.opens_at, "DATETIME_FORMAT")
            return _("opens %(at)s UTC") % {"at": at}
        if petition.closes_at is not None:
            at = date_format(petition.closes_at, "DATETIME_FORMAT")
            return _("closes %(at)s UTC") % {"at": at}
        return ""

    @column(_("texts"))
    def words(self, petition: Petition) -> str:
        states = [each.state for each in language_states(petition)]
        label = _("%(good)s of %(all)s up to date") % {
            "good": states.count("good"),
            "all": len(states),
        }
        return format_html('<a class="link" href="{}">{}</a>', texts_url(petition), label)

    @column(_("opened"))
    def opened(self, petition: Petition) -> str:
        was_public = petition.pk and petition.state != Petition.State.DRAFT
        return date_format(petition.opened_at, "DATETIME_FORMAT") if was_public else ""

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
