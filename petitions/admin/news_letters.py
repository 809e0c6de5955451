"""News in own words: written beside its preview, for an audience that is chosen, then looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Count, QuerySet
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django_countries import countries
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
)

from petitions.admin.base import ModelAdmin, ModelForm, StackedInline, column
from petitions.admin.news import MAY_TELL
from petitions.admin.news_send import Sample, in_order, sample_of, send_page
from petitions.admin.petitions import title_of
from petitions.admin.typed_texts import faults_of, typed_texts
from petitions.alphabets import alphabetical
from petitions.models import NewsLetter, NewsSubscriber, NewsText, Petition, PetitionUpdate

WORDS = ("subject", "body")


class NewsLetterForm(ModelForm[NewsLetter]):
    petitions = forms.ModelMultipleChoiceField(
        label=_("Who signed"),
        queryset=Petition.objects.public().with_texts(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("One of these, on the form on which they asked for news. None: whatever."),
    )
    about = forms.ModelChoiceField(
        label=_("Link to the petition"),
        queryset=Petition.objects.public().with_texts(),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("The mail ends with a link to its page, in the reader’s language."),
    )
    countries = forms.MultipleChoiceField(
        label=_("Countries"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("As given on the form. None: all, and those whose country is not known."),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        required=False,
        choices=settings.LANGUAGES,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("None: all."),
    )

    class Meta:
        model = NewsLetter
        fields = ("about", "petitions", "countries", "languages", "others")
        widgets = {
            "others": UnfoldAdminRadioSelectWidget,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, forms.ModelChoiceField):
                field.label_from_instance = _label_of  # type: ignore[assignment]  # as documented
            elif name == "countries" and isinstance(field, forms.MultipleChoiceField):
                field.choices = list(_countries(self.instance.countries))


def _label_of(petition: Petition) -> str:
    return f"{petition.number}. {title_of(petition)}"


def _countries(chosen: list[str]) -> Iterator[tuple[str, str]]:
    """Those of subscribers with how many they are, and what was chosen before."""
    rows = NewsSubscriber.objects.exclude(country="").values_list("country")
    counts = dict.fromkeys(chosen, 0) | dict(rows.annotate(Count("pk")))
    for code in sorted(counts, key=lambda each: alphabetical(countries.name(each))):
        yield code, f"{countries.name(code)} ({counts[code]})"


class NewsTextInline(StackedInline[NewsText, NewsLetter]):
    model = NewsText
    extra = 0
    max_num = len(settings.LANGUAGES)
    fields = ("language", "subject", "body", "preview")
    readonly_fields = ("preview",)

    def get_extra(self, request: HttpRequest, obj: NewsLetter | None = None, **_: Any) -> int:
        if obj is not None:
            return 0
        return len(_updates(request)) or 1

    @column(_("preview"))
    def preview(self, _text: NewsText) -> str:
        return format_html(
            '<button class="button" type="submit" formaction="{}" formtarget="_blank"'
            ' formnovalidate>{}</button><div class="letter-sample" data-letter-sample'
            ' data-wrong="{}" aria-live="polite"></div>',
            reverse("admin:petitions_newsletter_samples"),
            _("Preview"),
            _("The preview can’t be shown at the moment."),
        )


@admin.register(NewsLetter)
class NewsLetterAdmin(ModelAdmin[NewsLetter]):
    when_empty = _("Mails in your own words to supporters who asked for news.")
    form = NewsLetterForm
    list_display = ("subject", "state", "changed_at", "written_in")
    list_per_page = 50
    fieldsets = (
        (
            _("Who gets it"),
            {
                "fields": ("petitions", "countries", "languages", "others"),
                "description": _(
                    "Who asked for news before petition and country were kept gets only what"
                    " narrows neither. Withdrawing a signature does not change who gets what:"
                    " nothing links the two."
                ),
            },
        ),
        (_("Below the words"), {"fields": ("about",)}),
    )
    inlines = (NewsTextInline,)
    warn_unsaved_form = True
    change_form_before_template = "admin/news/letter_top.html"

    class Media:
        js = (Script("admin/letter.js", type="module"),)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("samples/", view(self.samples), name="petitions_newsletter_samples"),
            path("<int:pk>/send/", view(self.send), name="petitions_newsletter_send"),
            *super().get_urls(),
        ]

    def samples(self, request: HttpRequest) -> HttpResponse:
        """The mails of the words in the form."""
        if not (self.has_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        return samples_page(request, context=context)

    def send(self, request: HttpRequest, pk: int) -> HttpResponse:
        """To look at it as it will be mailed, to test it, and to send it."""
        letter = self.get_object(request, str(pk))
        if letter is None or not self.has_view_permission(request, letter):
            raise PermissionDenied
        return send_page(
            request,
            letter,
            model_admin=self,
            may_try=super().has_change_permission(request),
            may_tell=request.user.has_perm(MAY_TELL),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[NewsLetter]:
        letters = super().get_queryset(request).select_related("news", "about")
        return letters.prefetch_related("texts", "about__texts", "petitions__texts")

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> NewsLetter | None:
        """Who saves words waits for who is just sending them, and then may not any more."""
        if request.method == "POST" and connection.in_atomic_block:
            rows = NewsLetter.objects.select_for_update().order_by()
            rows.filter(pk=unquote(object_id)).values_list("pk").first()
        return super().get_object(request, object_id, from_field)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        updates = _updates(request)
        if not updates:
            return super().get_changeform_initial_data(request)
        petition = updates[0].petition_id
        return {"about": petition, "petitions": [petition]}

    def get_formset_kwargs(
        self, request: HttpRequest, letter: NewsLetter, inline: Any, prefix: str
    ) -> dict[str, Any]:
        """An update's words; once they are posted, they count as typed."""
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, letter, inline, prefix)
        if request.method == "GET" and letter.pk is None:
            kwargs["initial"] = [
                {"language": each.language, "subject": each.title[:120], "body": each.body}
                for each in _updates(request)
            ] or [{"language": settings.LANGUAGE_CODE}]
        return kwargs

    def has_change_permission(self, request: HttpRequest, letter: NewsLetter | None = None) -> bool:
        """What was sent stays as it was sent."""
        is_draft = letter is None or not letter.is_told
        return is_draft and super().has_change_permission(request, letter)

    def has_delete_permission(self, request: HttpRequest, letter: NewsLetter | None = None) -> bool:
        is_draft = letter is None or not letter.is_told
        return is_draft and super().has_delete_permission(request, letter)

    def get_actions(self, _request: HttpRequest) -> dict[str, Any]:
        """Nothing is deleted in a row: some of these may have been sent."""
        return {}

    def response_add(
        self, request: HttpRequest, obj: NewsLetter, post_url_continue: str | None = None
    ) -> HttpResponse:
        if "_continue" in request.POST or "_addanother" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        return _to_send_page(self, request, obj)

    def response_change(self, request: HttpRequest, obj: NewsLetter) -> HttpResponse:
        if "_continue" in request.POST or "_addanother" in request.POST:
            return super().response_change(request, obj)
        return _to_send_page(self, request, obj)

    @column(_("subject"))
    def subject(self, letter: NewsLetter) -> str:
        return str(letter)

    @column(
        _("state"),
        label={"draft": "warning", "going": "info", "paused": "warning", "stopped": "danger"},
    )
    def state(self, letter: NewsLetter) -> tuple[str, str]:
        if letter.is_told:
            return letter.news.state, letter.news.get_state_display()
        return "draft", str(_("draft"))

    @column(_("languages"))
    def written_in(self, letter: NewsLetter) -> str:
        return ", ".join(sorted(text.language for text in letter.texts.all()))


def _to_send_page(
    model_admin: NewsLetterAdmin, request: HttpRequest, letter: NewsLetter
) -> HttpResponse:
    model_admin.message_user(request, _("Saved. Look at it here as it would be mailed."))
    return HttpResponseRedirect(reverse("admin:petitions_newsletter_send", args=[letter.pk]))


def _updates(request: HttpRequest) -> list[PetitionUpdate]:
    """The update that the address names, in each of its languages."""
    named = request.GET.get("update", "")
    update = PetitionUpdate.objects.filter(pk=int(named)).first() if named.isdecimal() else None
    if update is None:
        return []
    same = PetitionUpdate.objects.filter(
        petition=update.petition_id, happened_on=update.happened_on
    )
    return sorted(same, key=in_order)


@require_POST
def samples_page(request: HttpRequest, *, context: dict[str, object]) -> HttpResponse:
    """The mails of the form that was posted: a page, or for the script its part."""
    about = request.POST.get("about", "")
    petition = None
    if about.isdecimal():
        petition = Petition.objects.public().with_texts().filter(pk=int(about)).first()
    samples = [_sample(text, petition) for text in _typed(request.POST)]
    if "part" in request.POST:
        return render(request, "admin/news/samples.html", {"samples": samples})
    context |= {"samples": samples, "title": _("The mails as they would go out")}
    return TemplateResponse(request, "admin/news/preview.html", context)


def _typed(form: QueryDict) -> Iterator[NewsText]:
    for prefix, language in typed_texts(form, with_field="body"):
        words = {each: form.get(f"{prefix}-{each}", "") for each in WORDS}
        yield NewsText(language=language, **words)


def _sample(text: NewsText, about: Petition | None) -> Sample:
    return sample_of(NewsLetter(about=about), text, faults=faults_of(text, WORDS))
