"""The first page: what needs a person, how many sign, what becomes of letters, and what runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from petitions.admin import health
from petitions.admin.checks import checks_of
from petitions.admin.figures import Figures, Line
from petitions.admin.needs import needs_of, needs_of_machines
from petitions.admin.pauses import pauses_in_force
from petitions.admin.petitions import title_of
from petitions.models import (
    Answer,
    Delivery,
    NewsSubscriber,
    Petition,
    Returned,
    Signature,
    SignRequest,
    TurnedAway,
)
from petitions.models.replica import newest_reader

# Seconds that a page waits for it.
PATIENCE_WITH_REPLICA = 0.5
# As `Delivery.objects.put_off` has it, in the words of a list's address.
PUT_OFF = "state__exact=ready&tries__gt=0"


@dataclass(frozen=True)
class Standing:
    petition: Petition
    title: str
    line: Line
    waiting: int

    @property
    def percent(self) -> int:
        return min(100, self.line.total * 100 // self.petition.goal)


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the template of the first page needs; settings name this function."""
    may_see_petitions = request.user.has_perm("petitions.view_petition")
    may_see_letters = request.user.has_perm("petitions.view_delivery")
    if not (may_see_petitions or may_see_letters):
        return context | {"needs": needs_of(request, petitions=[], pauses=[])}
    petitions = list(health.with_last_batch(Petition.objects.with_texts()))
    pauses = pauses_in_force() if may_see_letters else []
    context["needs"] = needs_of(request, petitions=petitions, pauses=pauses)
    if may_see_letters:
        context |= {
            "pauses": pauses,
            "letters": letters(
                sees_what_came_back=request.user.has_perm("petitions.view_returned")
            ),
            "may_pause": request.user.has_perm("petitions.add_pause"),
        }
    if may_see_petitions:
        now = timezone.now()
        machines = health.look(now=now)
        context |= figures(request, petitions) | {"machines": machines}
        context["needs"] = needs_of_machines(checks_of(machines, now=now)) + context["needs"]
    return context


# --- Signatures


def figures(request: HttpRequest, petitions: list[Petition]) -> dict[str, Any]:
    chosen = next((each for each in petitions if str(each.pk) == request.GET.get("petition")), None)
    is_total = request.GET.get("chart") != "days"
    reader = newest_reader(seconds=PATIENCE_WITH_REPLICA)
    found = Figures(chosen.pk if chosen else None, now=timezone.now(), reader=reader)
    countries, other_countries = found.by_country()
    return {
        "petitions": [(each, title_of(each)) for each in petitions],
        "chosen": chosen,
        "chosen_title": title_of(chosen) if chosen else "",
        "all": found.line_of(gettext("All petitions"), None),
        "standings": standings(petitions, found, reader=reader),
        "chart": found.chart(is_total=is_total),
        "countries": countries,
        "other_countries": other_countries,
        "breakdowns": [
            (gettext("Language"), found.by_language()),
            (gettext("Partner"), found.by_partner()),
        ],
        "steps": found.steps(),
        "unconfirmed": SignRequest.objects.using(reader).count(),
        "turned_away": turned_away(reader),
        "news_subscribers": NewsSubscriber.objects.using(reader).count(),
    }


def standings(petitions: list[Petition], figures: Figures, *, reader: str) -> list[Standing]:
    unsent = Signature.objects.using(reader).counted().not_in_batch()
    new = unsent.values_list("petition").annotate(new=Count("*"))
    waiting = dict(new.order_by())
    return [
        Standing(each, title_of(each), figures.line_of(str(each), each.pk), waiting.get(each.pk, 0))
        for each in petitions
    ]


def turned_away(reader: str) -> list[tuple[str, int]]:
    """Why in words, and how many forms in the last day got no mail for it."""
    counts = TurnedAway.objects.using(reader).of_the_last_day(now=timezone.now())
    return [(str(why.label), counts[why]) for why in TurnedAway.Why if why in counts]


# --- Letters


def letters(*, sees_what_came_back: bool) -> list[tuple[str, int, str]]:
    """What became of letters in words, how many, and where they are listed."""
    reader = newest_reader(seconds=PATIENCE_WITH_REPLICA)
    deliveries = Delivery.objects.using(reader).order_by()
    url = reverse("admin:petitions_delivery_changelist")
    in_state = {state.value: Count("pk", filter=Q(state=state.value)) for state in Delivery.State}
    put_off = Count("pk", filter=Q(state=Delivery.State.READY, tries__gt=0))
    counts = deliveries.aggregate(**in_state, put_off=put_off)
    rows = [
        (str(state.label), counts[state.value], f"{url}?state__exact={state.value}")
        for state in Delivery.State
    ]
    rows.append((gettext("tried, and put off"), counts["put_off"], f"{url}?{PUT_OFF}"))
    if sees_what_came_back:
        bounced = Returned.objects.using(reader).filter(
            kind=Returned.Kind.HARD, delivery__isnull=False
        )
        returned = reverse("admin:petitions_returned_changelist")
        rows.append(
            (
                gettext("bounced"),
                bounced.order_by().values("delivery").distinct().count(),
                f"{returned}?kind__exact={Returned.Kind.HARD}",
            )
        )
    answered = deliveries.filter(Exists(Answer.objects.filter(delivery=OuterRef("pk"))))
    answers = reverse("admin:petitions_answer_changelist")
    rows.append((gettext("answered"), answered.count(), answers))
    return [row for row in rows if row[1]]
