"""What needs a person now: one line each, with how often and where it is seen to.

Whoever may not see to it is not told of it; where nothing waits there is no line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from petitions.admin.checks import Check
from petitions.admin.health import overdue_batches
from petitions.admin.paginator import COUNTED_UP_TO, count_up_to
from petitions.models import (
    Delivery,
    MailboxLook,
    NotFiled,
    Office,
    OfficeAction,
    Pause,
    PersonRequest,
    Petition,
    Returned,
    Signature,
    Suspicion,
)

# As `Returned.objects.not_entered` has it, in the words of a list's address.
NOT_ENTERED = "kind__exact=answer&delivery__isempty=0&delivery__answers__isnull=True"


@dataclass(frozen=True)
class Need:
    """`url` is empty where nothing can be done here; `urgent` where the site does not do its work."""

    words: str
    count: int | None
    url: str = ""
    urgent: bool = False

    @property
    def is_more(self) -> bool:
        """Whether there are more than were counted."""
        return self.count is not None and self.count > COUNTED_UP_TO


def needs_of(request: HttpRequest, *, petitions: list[Petition], pauses: list[Pause]) -> list[Need]:
    """What this organizer can see to; what is urgent comes first."""
    now = timezone.now()
    kinds = {
        "view_delivery": _letters(petitions, pauses, now=now),
        "view_returned": _came_back(),
        "view_officeaction": _from_offices(),
        "publish_name": _names(),
        "view_suspicion": _suspicious(),
        "view_personrequest": _persons(),
        "view_signature": _damaged(),
    }
    found = [
        need
        for permission, needs in kinds.items()
        if request.user.has_perm(f"petitions.{permission}")
        for need in needs
        if need.count
    ]
    return sorted(found, key=lambda need: not need.urgent)


def needs_of_machines(checks: list[Check]) -> list[Need]:
    """Whoever runs the servers must see to these; organizers see that it has to be done."""
    page = reverse("admin:petitions_checks")
    return [
        Need(each.complaint, each.count, f"{page}#{each.name}", urgent=True)
        for each in checks
        if each.wrong and not each.has_its_own_line
    ]


# --- Parts


def _letters(petitions: list[Petition], pauses: list[Pause], *, now: datetime) -> Iterator[Need]:
    deliveries = reverse("admin:petitions_delivery_changelist")
    unapproved = [each for each in petitions if each.is_open and not each.letters_approved_at]
    yield Need(
        gettext("Petitions whose letters go out only once somebody has read and approved them"),
        len(unapproved),
        reverse("admin:petitions_petition_changelist"),
    )
    yield Need(
        gettext("Batches that should have been closed"),
        overdue_batches(petitions, pauses, now=now),
        reverse("admin:petitions_delivery_today"),
        urgent=True,
    )
    yield Need(
        gettext(
            "Batches whose letters wait for the public log: for longer than a minute only where its"
            " key is missing, or an old backup was put back"
        ),
        Delivery.objects.waiting_for_the_log().values("batch").distinct().count(),
        reverse("admin:petitions_batch_changelist"),
        urgent=True,
    )
    yield Need(gettext("Pauses in force"), len(pauses), reverse("admin:petitions_pause_changelist"))
    yield Need(
        gettext("Letters that failed"),
        Delivery.objects.filter(state=Delivery.State.FAILED).count(),
        f"{deliveries}?state__exact={Delivery.State.FAILED}",
        urgent=True,
    )
    yield Need(
        gettext("Letters whose fate is uncertain"),
        Delivery.objects.filter(state=Delivery.State.UNCERTAIN).count(),
        f"{deliveries}?state__exact={Delivery.State.UNCERTAIN}",
    )


def _came_back() -> Iterator[Need]:
    returned = reverse("admin:petitions_returned_changelist")
    offices = reverse("admin:petitions_office_changelist")
    yield Need(
        gettext("Offices stopped by their mail server"),
        Office.objects.stopped().count(),
        f"{offices}?active__exact=0",
    )
    yield Need(
        gettext("Answers that nobody has entered"),
        Returned.objects.not_entered().count(),
        f"{returned}?{NOT_ENTERED}",
    )
    yield Need(
        gettext("Mails that came back and were not matched with a letter"),
        Returned.objects.unmatched().count(),
        f"{returned}?delivery__isempty=1",
    )
    yield from not_filed()


def not_filed() -> list[Need]:
    """What came back and is not here; nothing of it where all is well."""
    look = MailboxLook.objects.first() or MailboxLook()
    now = timezone.now()
    failing = now - (look.failing_since or now)
    needs = [
        Need(gettext("Mails that lie flagged in the mailbox: they could not be filed"), look.left),
        Need(
            gettext("Hours for which the mailbox could not be read"),
            int(failing.total_seconds() // 3600),
            urgent=True,
        ),
        Need(
            gettext("Mails that were only counted: too many came, or they were none"),
            NotFiled.objects.mails(),
        ),
    ]
    return [need for need in needs if need.count]


def _from_offices() -> Iterator[Need]:
    """What offices did on their own pages and waits for a look, by its kind."""
    waiting = OfficeAction.objects.waiting().order_by().values_list("kind")
    counts = dict(waiting.annotate(count=Count("pk")))
    actions = reverse("admin:petitions_officeaction_changelist")
    for kind in OfficeAction.Kind:
        yield Need(
            gettext("An office %(did_what)s") % {"did_what": kind.label},
            counts.get(kind.value, 0),
            f"{actions}?outcome__exact={OfficeAction.Outcome.WAITS}&kind__exact={kind.value}",
        )


def _names() -> Iterator[Need]:
    yield Need(
        gettext("Public names that nobody has looked at"),
        count_up_to(Signature.objects.names_to_look_at()),
        reverse("admin:petitions_signature_queue"),
    )


def _suspicious() -> Iterator[Need]:
    yield Need(
        gettext("Suspicious groups of signatures"),
        Suspicion.objects.open().count(),
        reverse("admin:petitions_suspicion_changelist"),
    )


def _persons() -> Iterator[Need]:
    """A month is what the law gives; whoever has asked waits from the first day on."""
    requests = reverse("admin:petitions_personrequest_changelist")
    overdue = PersonRequest.objects.overdue(today=timezone.localdate()).count()
    yield Need(gettext("Persons’ requests whose deadline is over"), overdue, requests, urgent=True)
    opened = PersonRequest.objects.open().count()
    yield Need(gettext("Persons’ requests that are open"), opened - overdue, requests)


def _damaged() -> Iterator[Need]:
    signatures = reverse("admin:petitions_signature_changelist")
    yield Need(
        gettext("Signatures whose sealed details do not open"),
        count_up_to(Signature.objects.filter(quarantined=True)),
        f"{signatures}?flag=quarantined",
        urgent=True,
    )
