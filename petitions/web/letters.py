"""What has been delivered, to whom: a petition's letters as everybody may see them."""

from __future__ import annotations

from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from petitions.models import Answer, Batch, Delivery, Office, Petition
from petitions.web.caching import cached_page
from petitions.web.figures import public_ask


def offices_reached(petition: Petition) -> QuerySet[Office]:
    """Each with `letters`, how many it has of this petition, and `last_at`."""
    sent = Q(deliveries__state=Delivery.State.SENT, deliveries__batch__petition=petition)
    return (
        Office.objects.filter(sent)
        .prefetch_related("names")
        .annotate(
            letters=Count("deliveries", filter=sent),
            last_at=Max("deliveries__sent_at", filter=sent),
        )
    )


@require_safe
@cached_page
def letters(request: HttpRequest, slug: str) -> HttpResponse:
    ask = public_ask(slug)
    context = {
        "ask": ask,
        "petition": ask.petition,
        "text": ask.petition.text,
        "batches": Batch.objects.filter(petition=ask.petition).with_progress(),
        "offices": Office.objects.responsible_for(ask.petition),
        "reached": offices_reached(ask.petition),
        "answers": Answer.objects.public().to_letters_of(ask.petition),
    }
    return render(request, "letters.html", context)
