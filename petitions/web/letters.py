"""What has been delivered, to whom: a petition's letters as everybody may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_page
from django.views.decorators.http import require_safe

from petitions.models import Batch, Delivery, Office, Petition
from petitions.web import figures
from petitions.web.figures import figures_now


@dataclass(frozen=True)
class Reached:
    """An office, and what has reached it under one petition."""

    office: Office
    letters: int
    last_at: datetime


def offices_reached(petition: Petition) -> list[Reached]:
    sent = Q(deliveries__state=Delivery.State.SENT, deliveries__batch__petition=petition)
    offices = Office.objects.filter(sent).annotate(
        letters=Count("deliveries", filter=sent), last_at=Max("deliveries__sent_at", filter=sent)
    )
    return [Reached(each, each.letters, each.last_at) for each in offices]


@require_safe
@cache_page(figures.SECONDS)
def letters(request: HttpRequest, slug: str) -> HttpResponse:
    ask = figures_now().ask(slug)
    if ask is None:
        raise Http404
    context = {
        "ask": ask,
        "petition": ask.petition,
        "text": ask.petition.text,
        "batches": Batch.objects.filter(petition=ask.petition).with_progress(),
        "reached": offices_reached(ask.petition),
    }
    return render(request, "letters.html", context)
