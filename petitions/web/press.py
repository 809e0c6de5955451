"""The pages for those who write about the campaign, and for those who pass it on."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from petitions.models import Petition, SharePicture
from petitions.web.caching import cached_page
from petitions.web.figures import figures_now
from petitions.web.via import partner_query
from petitions.web.views import content_page


@dataclass(frozen=True)
class Material:
    """What can be taken away of a petition; `picture` only where one is drawn."""

    petition: Petition
    picture: SharePicture | None
    card: str
    """HTML for a partner's own page."""


@require_safe
@cached_page
def press(request: HttpRequest) -> HttpResponse:
    context = {"page": content_page("press"), "materials": _materials()}
    return render(request, "press.html", context)


@require_safe
@cached_page
def partners(request: HttpRequest) -> HttpResponse:
    """With ?via=<code> all that is on it carries the partner's own code."""
    via = partner_query(request)
    context = {"page": content_page("partners"), "materials": _materials(via), "via": via}
    return render(request, "partners.html", context)


def _materials(via: str = "") -> list[Material]:
    petitions = [ask.petition for ask in figures_now().asks]
    pictures = {
        (each.petition_id, each.language): each for each in SharePicture.objects.defer("png")
    }
    return [
        Material(
            petition=petition,
            picture=pictures.get((petition.pk, petition.text.language)),
            card=_card_html(petition, via),
        )
        for petition in petitions
    ]


def _card_html(petition: Petition, via: str) -> str:
    address = settings.SITE_URL + reverse("card", args=[petition.slug]) + via
    context = {"address": address, "title": petition.text.title}
    return render_to_string("parts/card_snippet.html", context).strip()
