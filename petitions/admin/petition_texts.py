"""A petition's words in two languages beside each other, and which languages need a look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from petitions.admin.approval import watch_letters
from petitions.admin.markdown_preview import MarkdownWidget
from petitions.models import Petition, PetitionText
from petitions.models.clock import database_now
from petitions.models.letter_words import list_of_placeholders

if TYPE_CHECKING:
    TextFormBase = forms.ModelForm[PetitionText]
else:
    TextFormBase = forms.ModelForm

LANGUAGES: dict[str, str | Promise] = dict(settings.LANGUAGES)
FIRST: str = settings.LANGUAGE_CODE


class TextForm(TextFormBase):
    # Which words were there when the page was opened: nobody overwrites what they did not see.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = PetitionText
        fields = PetitionText.WORDS
        widgets = {
            "title": UnfoldAdminTextInputWidget,
            "short_title": UnfoldAdminTextInputWidget,
            "summary": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            "demand": UnfoldAdminTextareaWidget(attrs={"rows": 4}),
            "body": MarkdownWidget(attrs={"rows": 18}),
            "letter_subject": UnfoldAdminTextInputWidget,
            "letter_salutation": UnfoldAdminTextInputWidget,
            "letter": UnfoldAdminTextareaWidget(attrs={"rows": 18}),
            "outcome": MarkdownWidget(attrs={"rows": 6}),
        }

    data: QueryDict | dict[str, str]

    def __init__(self, text: PetitionText, *, data: QueryDict | None = None) -> None:
        self.stored = text.words
        super().__init__(
            data,
            instance=text,
            prefix=text.language,
            initial={"seen": _mark_of(text)},
            empty_permitted=text.pk is None,
            use_required_attribute=False,
        )
        for name in PetitionText.WORDS:
            self.fields[name].widget.attrs["lang"] = text.language

    @property
    def language(self) -> str:
        return self.instance.language

    @property
    def is_changed(self) -> bool:
        """Of a valid form; line ends that a browser wrote its own way are no change."""
        return self.instance.words != self.stored

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        now = _mark_of(self.instance)
        if cleaned.get("seen") != now:
            # Shown again, the form knows theirs; what was typed stays in it.
            self.data = {**dict(self.data.items()), self.add_prefix("seen"): now}
            raise ValidationError(
                _("Somebody changed this text while you wrote. Saving again replaces their words.")
            )
        return cleaned


@dataclass(frozen=True)
class Line:
    """One field in both languages; `most` characters fit in it, where that is limited."""

    left: BoundField
    right: BoundField
    most: int | None

    @property
    def pair(self) -> list[BoundField]:
        return [self.left, self.right]


@dataclass(frozen=True)
class LanguageState:
    code: str
    name: str | Promise
    state: str
    """`missing`, `old` or `good`."""
    here: bool


def texts_page(
    request: HttpRequest, petition: Petition, *, model_admin: ModelAdmin[Petition]
) -> HttpResponse:
    left, right = _languages(request, petition)
    data = request.POST if request.method == "POST" else None
    if data is not None and "checked" in data:
        return _checked(request, petition, right)
    forms_ = [TextForm(_text(petition, each), data=data) for each in (left, right)]
    if data is not None and all([each.is_valid() for each in forms_]):  # noqa: C419 - both are to show their faults
        _save(request, petition, [each for each in forms_ if each.is_changed], model_admin)
        return HttpResponseRedirect(request.get_full_path())
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Texts"),
        "petition": petition,
        "forms": forms_,
        "left": left,
        "right": right,
        "lines": list(_lines(*forms_)),
        "languages": list(language_states(petition, here=right)),
        "choices": LANGUAGES.items(),
        "placeholders": list_of_placeholders(),
        "media": model_admin.media + forms_[0].media,
    }
    return TemplateResponse(request, "admin/petitions/texts.html", context)


def language_states(petition: Petition, *, here: str = "") -> Iterator[LanguageState]:
    """Which languages have no text, or one that is older than the first language's."""
    texts = {text.language: text for text in petition.texts.all()}
    first = texts.get(FIRST)
    for code, name in LANGUAGES.items():
        text = texts.get(code)
        old = text is not None and first is not None and text.changed_at < first.changed_at
        state = "missing" if text is None else "old" if old else "good"
        yield LanguageState(code=code, name=name, state=state, here=code == here)


def _languages(request: HttpRequest, petition: Petition) -> tuple[str, str]:
    """Beside the first language, if nothing is asked for: the one that needs it most."""
    left = request.GET.get("left", FIRST)
    left = left if left in LANGUAGES else FIRST
    others = [each for each in language_states(petition) if each.code != left]
    order = ["missing", "old", "good"]
    needy = min(others, key=lambda each: order.index(each.state)).code
    right = request.GET.get("right", needy)
    return left, right if right in LANGUAGES and right != left else needy


def _text(petition: Petition, language: str) -> PetitionText:
    stored = petition.texts.filter(language=language).first()
    return stored or PetitionText(petition=petition, language=language)


def _mark_of(text: PetitionText) -> str:
    return text.changed_at.isoformat() if text.pk else ""


def _lines(left: TextForm, right: TextForm) -> Iterator[Line]:
    for name in PetitionText.WORDS:
        most = getattr(left.fields[name], "max_length", None)
        yield Line(left[name], right[name], most)


@transaction.atomic
def _save(
    request: HttpRequest,
    petition: Petition,
    changed: list[TextForm],
    model_admin: ModelAdmin[Petition],
) -> None:
    names = ", ".join(str(LANGUAGES[each.language]) for each in changed)
    if not changed:
        messages.info(request, gettext("Nothing was changed."))
        return
    with watch_letters(request, petition):
        for each in changed:
            each.save()
    model_admin.log_change(request, petition, f"{gettext('Texts')}: {names}")
    messages.success(request, gettext("Saved: %(languages)s.") % {"languages": names})


def _checked(request: HttpRequest, petition: Petition, language: str) -> HttpResponse:
    """Whoever looked at a text after the first language's changed found that it still holds."""
    petition.texts.filter(language=language).update(changed_at=database_now())
    words = gettext("%(language)s counts as looked at.") % {"language": LANGUAGES[language]}
    messages.success(request, words)
    return HttpResponseRedirect(request.get_full_path())


def texts_url(petition: Petition) -> str:
    return reverse("admin:petitions_petition_texts", args=[petition.pk])
