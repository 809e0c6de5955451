"""The letter beside the words that make it, before they are saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from petitions.admin.typed_texts import faults_of, typed_texts
from petitions.delivery.letter_body import Body
from petitions.delivery.sample import sample_letter
from petitions.models import Office, PetitionText

WORDS = ("letter_subject", "letter_salutation", "letter")


@dataclass(frozen=True)
class Sample:
    language: str
    body: Body
    faults: list[tuple[str, list[str]]]
    """What is wrong with which field, in the words that saving would use."""


@require_POST
def preview_page(request: HttpRequest, *, context: dict[str, object]) -> HttpResponse:
    """The letters of the form that was posted: a page, or for the script its part."""
    samples = [_sample(text, petition) for text, petition in _typed(request.POST)]
    if "part" in request.POST:
        return render(request, "admin/letters/samples.html", {"samples": samples})
    context |= {"samples": samples, "title": _("The letters as they would go out")}
    return TemplateResponse(request, "admin/letters/preview.html", context)


def _typed(form: QueryDict) -> Iterator[tuple[PetitionText, str]]:
    """Of each text in the petition's form, as far as they are needed; and which petition it is."""
    for prefix, language in typed_texts(form, with_field="letter"):
        words = {each: form.get(f"{prefix}-{each}", "") for each in (*WORDS, "title")}
        yield PetitionText(language=language, **words), form.get(f"{prefix}-petition", "")


def _sample(text: PetitionText, petition: str) -> Sample:
    return Sample(
        language=dict(settings.LANGUAGES)[text.language],
        body=sample_letter(text, _some_office(petition, text.language)),
        faults=faults_of(text, WORDS),
    )


def _some_office(petition: str, language: str) -> Office | None:
    """One that would read this letter, if there is one."""
    if not petition.isdecimal():
        return None
    offices = Office.objects.filter(petitions=int(petition), language=language, active=True)
    return offices.prefetch_related("names").first()


def preview_button() -> SafeString:
    """Works without scripts; `letter.js` makes the place below it follow what is typed."""
    return format_html(
        '<button class="button" type="submit" formaction="{}" formtarget="_blank" formnovalidate>'
        '{}</button><div class="letter-sample" data-letter-sample data-wrong="{}"'
        ' aria-live="polite"></div>',
        reverse("admin:petitions_petition_letters"),
        _("Preview"),
        _("The preview can’t be shown at the moment."),
    )
