"""What has happened to an ask: one screen for all languages of a day's update."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.postgres.aggregates import StringAgg
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Case, OuterRef, QuerySet, Subquery, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from petitions.admin.base import ModelAdmin, column
from petitions.admin.markdown_preview import MarkdownWidget
from petitions.models import Petition, PetitionUpdate

DRAFT, NOW, LATER = "draft", "now", "later"
MINUTES = "%Y-%m-%dT%H:%M"


class HeadForm(forms.Form):
    """What holds for all languages."""

    petition = forms.ModelChoiceField(
        label=_("petition"), queryset=Petition.objects.all(), widget=UnfoldAdminSelectWidget
    )
    happened_on = forms.DateField(
        label=_("date"),
        widget=forms.DateInput(attrs={"type": "date", "class": "select"}, format="%Y-%m-%d"),
    )
    milestone = forms.BooleanField(
        label=_("milestone"),
        required=False,
        help_text=_("Stands with its date at the top of the petition’s page."),
    )
    publish = forms.ChoiceField(
        label=_("Who sees it"),
        choices=[
            (DRAFT, _("a draft: organizers and previews only")),
            (NOW, _("everybody, at once")),
            (LATER, _("everybody, from this time on:")),
        ],
        widget=forms.RadioSelect,
        initial=DRAFT,
    )
    publish_at = forms.DateTimeField(
        label=_("time (UTC)"),
        required=False,
        input_formats=[MINUTES],
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": "select"}, format=MINUTES
        ),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        at = cleaned.get("publish_at")
        if cleaned.get("publish") == LATER and (at is None or at <= timezone.now()):
            self.add_error("publish_at", _("Please choose a time that is still to come."))
        return cleaned


class WordsForm(forms.Form):
    """In one language; it may stay empty."""

    title = forms.CharField(
        label=_("title"), required=False, max_length=150, widget=UnfoldAdminTextInputWidget
    )
    body = forms.CharField(
        label=_("text"), required=False, widget=MarkdownWidget(attrs={"rows": 8})
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and bool(cleaned["title"]) != bool(cleaned["body"]):
            raise ValidationError(_("It needs a title and a text, or neither."))
        return cleaned


class DayForm:
    """An update in all languages: its head, the words in each, and the rows that hold them."""

    def __init__(self, rows: list[PetitionUpdate], *, data: Any = None, petition: str = "") -> None:
        self.rows = {row.language: row for row in rows}
        self.head = HeadForm(data, initial=_head_of(rows, petition))
        self.words = {
            code: WordsForm(data, prefix=code, initial=_words_of(self.rows.get(code)))
            for code, _name in settings.LANGUAGES
        }

    @property
    def languages(self) -> list[tuple[str, Any, WordsForm]]:
        return [(code, name, self.words[code]) for code, name in settings.LANGUAGES]

    @cached_property
    def written(self) -> dict[str, dict[str, str]]:
        """The languages that have words, and these."""
        return {
            code: form.cleaned_data
            for code, form in self.words.items()
            if form.cleaned_data.get("title")
        }

    def is_valid(self) -> bool:
        valid = [form.is_valid() for form in (self.head, *self.words.values())]
        if not all(valid):
            return False
        if not self.written:
            self.head.add_error(None, _("It needs words in at least one language."))
        elif self._day_is_taken():
            words = _("This petition has another update of this day: edit that one.")
            self.head.add_error("happened_on", words)
        return not self.head.errors

    def _day_is_taken(self) -> bool:
        head = self.head.cleaned_data
        same_day = PetitionUpdate.objects.filter(
            petition=head["petition"], happened_on=head["happened_on"]
        )
        return same_day.exclude(pk__in=[row.pk for row in self.rows.values()]).exists()

    @transaction.atomic
    def save(self) -> PetitionUpdate:
        head = self.head.cleaned_data
        facts = {name: head[name] for name in ("petition", "happened_on", "milestone")}
        facts["published_at"] = self._published_at()
        gone = [row.pk for code, row in self.rows.items() if code not in self.written]
        PetitionUpdate.objects.filter(pk__in=gone).delete()
        saved = [self._save(code, words | facts) for code, words in self.written.items()]
        return saved[0]

    def _save(self, language: str, values: dict[str, Any]) -> PetitionUpdate:
        row = self.rows.get(language) or PetitionUpdate(language=language)
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
        return row

    def _published_at(self) -> Any:
        """What everybody sees already keeps its time."""
        choice, now = self.head.cleaned_data["publish"], timezone.now()
        if choice == DRAFT:
            return None
        if choice == LATER:
            return self.head.cleaned_data["publish_at"]
        times = [row.published_at for row in self.rows.values() if row.published_at]
        return min([now, *times])


def _head_of(rows: list[PetitionUpdate], petition: str) -> dict[str, Any]:
    if not rows:
        return {"happened_on": timezone.localdate(), "petition": petition}
    row = rows[0]
    stage = _stage_of(row)
    return {
        "petition": row.petition_id,
        "happened_on": row.happened_on,
        "milestone": row.milestone,
        "publish": stage,
        "publish_at": row.published_at if stage == LATER else None,
    }


def _words_of(row: PetitionUpdate | None) -> dict[str, str]:
    return {"title": row.title, "body": row.body} if row else {}


def _stage_of(update: PetitionUpdate) -> str:
    if update.published_at is None:
        return DRAFT
    return LATER if update.published_at > timezone.now() else NOW


@admin.register(PetitionUpdate)
class PetitionUpdateAdmin(ModelAdmin[PetitionUpdate]):
    """Its list has a line for each day; what it opens holds all languages of it."""

    when_empty = _("What has happened since a petition opened.")
    list_display = ("happened_on", "title", "its_petition", "languages", "is_milestone", "stage")
    list_display_links = ("happened_on", "title")
    list_filter = ("petition", "milestone")
    list_select_related = ("petition",)
    list_per_page = 50
    search_fields = ("title", "body")
    date_hierarchy = "happened_on"
    view_on_site = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[PetitionUpdate]:
        updates = super().get_queryset(request).order_by("-happened_on", "petition")
        match = request.resolver_match
        if match is None or match.url_name != "petitions_petitionupdate_changelist":
            return updates
        same_day = PetitionUpdate.objects.filter(
            petition=OuterRef("petition"), happened_on=OuterRef("happened_on")
        )
        others_last = Case(When(language=settings.LANGUAGE_CODE, then=0), default=1)
        spoken = same_day.order_by().values("happened_on")
        spoken = spoken.annotate(spoken=StringAgg("language", ", ", order_by="language"))
        return updates.annotate(spoken=Subquery(spoken.values("spoken"))).filter(
            pk=Subquery(same_day.order_by(others_last, "language").values("pk")[:1])
        )

    def add_view(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._day(request, [], petition=request.GET.get("petition", ""))

    def change_view(
        self, request: HttpRequest, object_id: str, *_args: Any, **_kwargs: Any
    ) -> HttpResponse:
        update = self.get_object(request, object_id)
        if update is None:
            raise Http404
        if not self.has_view_or_change_permission(request, update):
            raise PermissionDenied
        return self._day(request, _same_day(update))

    def delete_model(self, _request: HttpRequest, update: PetitionUpdate) -> None:
        """In all its languages, as the list shows it."""
        for row in _same_day(update):
            row.delete()

    def delete_queryset(self, request: HttpRequest, updates: QuerySet[PetitionUpdate]) -> None:
        for update in updates:
            self.delete_model(request, update)

    def _day(
        self, request: HttpRequest, rows: list[PetitionUpdate], *, petition: str = ""
    ) -> HttpResponse:
        may_save = self.has_change_permission(request)
        if request.method == "POST" and not may_save:
            raise PermissionDenied
        day = DayForm(
            rows, data=request.POST if request.method == "POST" else None, petition=petition
        )
        if request.method == "POST" and day.is_valid():
            update = day.save()
            self.log_change(request, update, "") if rows else self.log_addition(request, update, "")
            messages.success(request, gettext("Saved: %(update)s") % {"update": update})
            return HttpResponseRedirect(reverse("admin:petitions_petitionupdate_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Update") if rows else _("New update"),
            "day": day,
            "first": settings.LANGUAGE_CODE,
            "update": rows[0] if rows else None,
            "may_save": may_save,
            "may_delete": bool(rows) and self.has_delete_permission(request),
            "may_mail": bool(rows) and request.user.has_perm("petitions.add_newsletter"),
            "media": self.media + day.words[settings.LANGUAGE_CODE].media,
        }
        return TemplateResponse(request, "admin/petitions/update.html", context)

    @column(_("petition"), ordering="petition")
    def its_petition(self, update: PetitionUpdate) -> str:
        return str(update.petition)

    @column(_("milestone"), ordering="milestone", label={"milestone": "info"})
    def is_milestone(self, update: PetitionUpdate) -> tuple[str, str] | None:
        return ("milestone", gettext("milestone")) if update.milestone else None

    @column(_("languages"))
    def languages(self, update: PetitionUpdate) -> str:
        return str(getattr(update, "spoken"))  # noqa: B009 - annotated by the query

    @column(
        _("who sees it"),
        ordering="published_at",
        label={DRAFT: "warning", NOW: "success", LATER: "info"},
    )
    def stage(self, update: PetitionUpdate) -> tuple[str, str]:
        stage = _stage_of(update)
        if update.published_at is not None and stage == LATER:
            return stage, date_format(update.published_at, "DATETIME_FORMAT")
        return stage, gettext("a draft") if stage == DRAFT else gettext("everybody")


def _same_day(update: PetitionUpdate) -> list[PetitionUpdate]:
    rows = PetitionUpdate.objects.filter(
        petition=update.petition_id, happened_on=update.happened_on
    )
    return list(rows)
