"""The first page: where each ask stands, and what waits for somebody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from petitions.admin.pauses import pauses_in_force
from petitions.admin.petitions import title_of
from petitions.models import (
    Delivery,
    MailboxLook,
    NewsSubscriber,
    NotFiled,
    Office,
    OfficeAction,
    Petition,
    Returned,
    Signature,
    Tally,
    TurnedAway,
)


@dataclass(frozen=True)
class Standing:
    petition: Petition
    title: str
    signed: int
    waiting: int

    @property
    def percent(self) -> int:
        return min(100, self.signed * 100 // self.petition.goal)


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the template of the first page needs; settings name this function."""
    if request.user.has_perm("petitions.view_petition"):
        context |= {
            "standings": standings(),
            "news_subscribers": NewsSubscriber.objects.count(),
            "turned_away": turned_away(),
        }
    if request.user.has_perm("petitions.view_delivery"):
        context |= {
            "letters": letters_by_state(),
            "pauses": pauses_in_force(),
            "to_approve": Petition.objects.open().filter(letters_approved_at=None),
            "may_pause": request.user.has_perm("petitions.add_pause"),
        }
    if request.user.has_perm("petitions.view_returned"):
        context |= {"came_back": came_back()}
    if request.user.has_perm("petitions.view_officeaction"):
        context |= {"from_offices": from_offices()}
    return context


def standings() -> list[Standing]:
    signed = Tally.objects.by_petition()
    new = (
        Signature.objects.counted().not_in_batch().values_list("petition").annotate(new=Count("pk"))
    )
    waiting = dict(new.order_by())
    return [
        Standing(each, title_of(each), signed.get(each.pk, 0), waiting.get(each.pk, 0))
        for each in Petition.objects.with_texts()
    ]


def turned_away() -> list[tuple[str, int]]:
    """Why in words, and how many forms in the last day got no mail for it."""
    counts = TurnedAway.objects.of_the_last_day(now=timezone.now())
    return [(str(why.label), counts[why]) for why in TurnedAway.Why if why in counts]


def letters_by_state() -> list[tuple[str, int, str]]:
    """State in words, how many deliveries are in it, and where they are listed."""
    rows = Delivery.objects.order_by().values_list("state").annotate(count=Count("pk"))
    counts = dict(rows)
    url = reverse("admin:petitions_delivery_changelist")
    states = [
        (str(state.label), counts[state.value], f"{url}?state__exact={state.value}")
        for state in Delivery.State
        if state.value in counts
    ]
    delayed = Delivery.objects.put_off().count()
    if delayed:
        states.append((gettext("tried, and put off"), delayed, f"{url}?{PUT_OFF}"))
    return states


# As `Delivery.objects.put_off` has it, in the words of a list's address.
PUT_OFF = "state__exact=ready&tries__gt=0"


# As `Returned.objects.not_entered` has it, in the words of a list's address.
NOT_ENTERED = "kind__exact=answer&delivery__isempty=0&delivery__answers__isnull=True"


def came_back() -> list[tuple[str, int, str]]:
    """What needs a person, how often, and where it is listed, if it is."""
    returned = reverse("admin:petitions_returned_changelist")
    offices = reverse("admin:petitions_office_changelist")
    return [
        (
            gettext("Offices stopped by their mail server"),
            Office.objects.stopped().count(),
            f"{offices}?active__exact=0",
        ),
        (
            gettext("Answers that nobody has entered"),
            Returned.objects.not_entered().count(),
            f"{returned}?{NOT_ENTERED}",
        ),
        (
            gettext("Not matched with a letter"),
            Returned.objects.unmatched().count(),
            f"{returned}?delivery__isempty=1",
        ),
        *not_filed(),
    ]


def not_filed() -> list[tuple[str, int, str]]:
    """What came back and is not here; nothing of it where all is well."""
    look = MailboxLook.objects.first() or MailboxLook()
    now = timezone.now()
    failing = now - (look.failing_since or now)
    rows = [
        (gettext("Mails that lie flagged in the mailbox: they could not be filed"), look.left, ""),
        (
            gettext("Hours for which the mailbox could not be read"),
            int(failing.total_seconds() // 3600),
            "",
        ),
        (
            gettext("Mails that were only counted: too many came, or they were none"),
            NotFiled.objects.mails(),
            "",
        ),
    ]
    return [row for row in rows if row[1]]


def from_offices() -> list[tuple[str, int, str]]:
    """What offices did on their own pages and waits for a look: kind, how often, where listed."""
    waiting = OfficeAction.objects.waiting().order_by().values_list("kind")
    counts = dict(waiting.annotate(count=Count("pk")))
    actions = reverse("admin:petitions_officeaction_changelist")
    return [
        (
            str(kind.label),
            counts[kind.value],
            f"{actions}?outcome__exact=waits&kind__exact={kind.value}",
        )
        for kind in OfficeAction.Kind
        if kind.value in counts
    ]
