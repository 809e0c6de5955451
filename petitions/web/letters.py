"""What has been delivered, to whom: a petition's letters as everybody may see them.

The page and its JSON show the same, from the same functions. The JSON, at `letters.json` beside the
page, is for other sites and for archives; keys may come, and none changes or goes:

    {
      "language": "en",
      "petition": {"number": 1, "slug": "…", "title": "…", "url": "https://…", "signatures": 1234},
      "letters": [{"number": 2, "closed_on": "2026-11-20", "signatures": 34, "offices": 12,
                   "reached": 11}],
      "offices": [{"name": "…", "organisation": "…", "country": "LT", "letters": 2,
                   "last_on": "2026-11-21", "state": "delivered", "answers": 1}],
      "answers": [{"name": "…", "organisation": "…", "letter": 1, "answered_on": "2026-11-22",
                   "language": "lt", "text": "…"}]
    }

Newest letters and answers come first. `offices` are all that have been, or will be, written to;
`letters` there counts those that arrived, `last_on` is the day of the last of them or null, `state`
is a `Stage`, `country` is ISO 3166's code, null for an international office. `text` is Markdown.
Names and the title are in the language of the address. No office's address is in it, and nobody's
name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from petitions.models import Answer, Batch, Delivery, Office, OfficeAction, Petition, Returned
from petitions.web.caching import cached_page
from petitions.web.figures import Ask, public_ask
from petitions.web.stages import Stage, stage_of


@require_safe
@cached_page
def letters(request: HttpRequest, slug: str) -> HttpResponse:
    shown = letters_of(public_ask(slug))
    context = {
        "ask": shown.ask,
        "petition": shown.ask.petition,
        "text": shown.ask.petition.text,
        "batches": shown.batches,
        "offices": shown.offices,
        "answers": shown.answers,
        "responsible": Office.objects.responsible_for(shown.ask.petition),
    }
    return render(request, "letters.html", context)


@require_safe
@cached_page
def letters_json(_request: HttpRequest, slug: str) -> HttpResponse:
    """Any site's script may read it: nothing in it is anybody's secret, and no cookie counts."""
    response = JsonResponse(
        _as_json(letters_of(public_ask(slug))), json_dumps_params={"ensure_ascii": False}
    )
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@dataclass(frozen=True)
class OfficeLine:
    """What one office has of a petition, and how its newest letter fares."""

    office: Office
    letters: int
    last_on: date | None
    stage: Stage
    answers: int


@dataclass(frozen=True)
class Letters:
    ask: Ask
    batches: Sequence[Batch]
    offices: Sequence[OfficeLine]
    answers: Sequence[Answer]


def letters_of(ask: Ask) -> Letters:
    petition = ask.petition
    answers = list(
        Answer.objects.public().to_letters_of(petition).select_related("delivery__batch")
    )
    return Letters(
        ask=ask,
        batches=list(Batch.objects.filter(petition=petition).with_progress()),
        offices=_office_lines(petition, answers),
        answers=answers,
    )


def _office_lines(petition: Petition, answers: Sequence[Answer]) -> list[OfficeLine]:
    newest = {each.office_id: each for each in _newest_deliveries(petition)}
    answered = Counter(each.delivery.office_id for each in answers)
    return [
        _line(office, newest.get(office.pk), answers=answered[office.pk])
        for office in _offices(petition)
    ]


def _line(office: Office, newest: Delivery | None, *, answers: int) -> OfficeLine:
    last_at: datetime | None = getattr(office, "last_at")  # noqa: B009 - annotated by the query
    return OfficeLine(
        office=office,
        letters=getattr(office, "letters"),  # noqa: B009 - likewise
        last_on=last_at.date() if last_at else None,
        stage=stage_of(office, newest),
        answers=answers,
    )


def _offices(petition: Petition) -> QuerySet[Office]:
    """Those written to and those to be written to, with `letters` that arrived and `last_at`."""
    written_to = Q(pk__in=Delivery.objects.filter(batch__petition=petition).values("office"))
    to_be = Q(pk__in=Office.objects.responsible_for(petition).values("pk"))
    sent = Q(deliveries__state=Delivery.State.SENT, deliveries__batch__petition=petition)
    return (
        Office.objects.filter(written_to | to_be)
        .prefetch_related("names")
        .annotate(
            letters=Count("deliveries", filter=sent),
            last_at=Max("deliveries__sent_at", filter=sent),
        )
        # A query that groups forgets the model's order.
        .order_by("country", "organisation", "name")
    )


def _newest_deliveries(petition: Petition) -> QuerySet[Delivery]:
    """Each office's, with `may_go`, `bounced` and `confirmed`, which `stage_of` asks for."""
    bounces = Returned.objects.filter(delivery=OuterRef("pk"), kind=Returned.Kind.HARD)
    receipts = OfficeAction.objects.filter(delivery=OuterRef("pk"), kind=OfficeAction.Kind.CONFIRM)
    free = Delivery.objects.may_go().filter(batch__petition=petition).values("pk")
    deliveries = Delivery.objects.filter(batch__petition=petition)
    return (
        deliveries.annotate(
            may_go=Q(pk__in=free), bounced=Exists(bounces), confirmed=Exists(receipts)
        )
        .order_by("office_id", "-batch__number")
        .distinct("office_id")
    )


# --- As JSON


def _as_json(shown: Letters) -> dict[str, Any]:
    petition = shown.ask.petition
    return {
        "language": get_language(),
        "petition": {
            "number": petition.number,
            "slug": petition.slug,
            "title": petition.text.title,
            "url": f"{settings.SITE_URL}{petition.get_absolute_url()}",
            "signatures": shown.ask.count,
        },
        "letters": [_batch_as_json(each) for each in shown.batches],
        "offices": [_line_as_json(each) for each in shown.offices],
        "answers": [_answer_as_json(each) for each in shown.answers],
    }


def _batch_as_json(batch: Batch) -> dict[str, Any]:
    return {
        "number": batch.number,
        "closed_on": batch.closed_at.date(),
        "signatures": batch.size,
        "offices": getattr(batch, "offices"),  # noqa: B009 - annotated by the query
        "reached": getattr(batch, "reached"),  # noqa: B009 - likewise
    }


def _line_as_json(line: OfficeLine) -> dict[str, Any]:
    return {
        **_name(line.office),
        "country": line.office.country.code or None,
        "letters": line.letters,
        "last_on": line.last_on,
        "state": line.stage,
        "answers": line.answers,
    }


def _answer_as_json(answer: Answer) -> dict[str, Any]:
    return {
        **_name(answer.delivery.office),
        "letter": answer.delivery.batch.number,
        "answered_on": answer.answered_on,
        "language": answer.language,
        "text": answer.body,
    }


def _name(office: Office) -> dict[str, str]:
    named = office.named
    return {"name": named.name, "organisation": named.organisation}
