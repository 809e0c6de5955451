"""Who would receive what today, and what keeps a letter back: asked anew each time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, Min, Prefetch, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from petitions.delivery.batches import enough_wait, next_batch_at, petitions_waiting
from petitions.delivery.hours import next_open_moment
from petitions.models import Delivery, Office, Pause, Petition, Signature


@dataclass(frozen=True)
class Line:
    """What one office would get of one petition."""

    petition: Petition
    office: Office
    signatures: int
    earlier: int
    """Letters of batches that are closed already."""
    why_not: str
    """What keeps it back now; empty where nothing does."""


def preview(*, now: datetime, by_hand: bool = False) -> list[Line]:
    """A line for each office and each petition that it can act on.

    `by_hand` as `manage.py deliver` sends them: on any day, at any hour.
    """
    desk = _Desk(now, by_hand=by_hand)
    return [line for petition in _petitions() for line in desk.lines(petition)]


def _petitions() -> list[Petition]:
    offices = Prefetch("offices", Office.objects.filter(active=True).prefetch_related("names"))
    return list(Petition.objects.public().with_texts().prefetch_related(offices))


class _Desk:
    """What all lines share is looked up once."""

    def __init__(self, now: datetime, *, by_hand: bool) -> None:
        self.now = now
        self.by_hand = by_hand
        new = Signature.objects.ready_for_batch().order_by().values_list("petition")
        self.signatures = dict(new.annotate(Count("pk")))
        self.waiting = {petition.pk for petition in petitions_waiting()}
        self.earlier = _earlier()
        self.unpublished = _unpublished()
        offices = Office.objects.filter(pk__in={office for _petition, office in self.earlier})
        self.offices = offices.prefetch_related("names").in_bulk()
        self.pauses = list(Pause.objects.all())

    def lines(self, petition: Petition) -> Iterator[Line]:
        responsible = list(petition.offices.all())
        new_at = self._new_at(petition)
        for office in responsible:
            signatures = self.signatures.get(petition.pk, 0)
            yield self._line(petition, office, signatures, new_at)
        # Letters of closed batches go to whom they were made for.
        for petition_id, office_id in self.earlier:
            office = self.offices[office_id]
            if petition_id == petition.pk and office not in responsible:
                yield self._line(petition, office, 0, None)

    def _line(
        self, petition: Petition, office: Office, signatures: int, new_at: datetime | None
    ) -> Line:
        earlier, tried_at = self.earlier.get((petition.pk, office.pk), (0, None))
        moments = [moment for moment in (new_at, tried_at) if moment is not None]
        why_not = self._why_not(petition, office, min(moments, default=None))
        return Line(petition, office, signatures, earlier, why_not)

    def _why_not(self, petition: Petition, office: Office, at: datetime | None) -> str:
        if at is None:
            return _("nothing new")
        held_back = self._held_back(petition, office)
        if held_back:
            return held_back
        earlier, _tried_at = self.earlier.get((petition.pk, office.pk), (0, None))
        if earlier and earlier == self.unpublished.get((petition.pk, office.pk)):
            return _("the public log must first say what is in the letter")
        if at > self.now:
            moment = date_format(timezone.localtime(at), "DATETIME_FORMAT")
            return _("the next letter is due: %(moment)s") % {"moment": moment}
        return self._closed(office)

    def _new_at(self, petition: Petition) -> datetime | None:
        """When a batch of what waits is closed; None where nothing waits."""
        if petition.pk not in self.waiting:
            return None
        if self.by_hand or enough_wait(petition):
            return self.now
        return next_batch_at(petition)

    def _held_back(self, petition: Petition, office: Office) -> str:
        for pause in self.pauses:
            everything = pause.petition_id is None and pause.office_id is None
            if everything or pause.petition_id == petition.pk or pause.office_id == office.pk:
                return _("paused: %(reason)s") % {"reason": pause.reason}
        if petition.letters_approved_at is None:
            return _("an organizer must approve the first letter")
        return ""

    def _closed(self, office: Office) -> str:
        opens_at = self.now if self.by_hand else next_open_moment(office.time_zone, self.now)
        if opens_at <= self.now:
            return ""
        local = opens_at.astimezone(ZoneInfo(office.time_zone))
        moment = date_format(local, "DATETIME_FORMAT")
        words = _("closed until %(moment)s (%(time_zone)s)")
        return words % {"moment": moment, "time_zone": office.time_zone}


def _unpublished() -> dict[tuple[int, int], int]:
    """By petition and office: of how many of these letters the public log does not know yet."""
    waiting = Delivery.objects.waiting_for_the_log().order_by()
    rows = waiting.values_list("batch__petition", "office").annotate(count=Count("pk"))
    return {(petition, office): count for petition, office, count in rows}


def _earlier() -> dict[tuple[int, int], tuple[int, datetime]]:
    """By petition and office: how many letters are ready, and when the first may be tried."""
    tried_at = Case(When(waits_for_hours=True, then="batch__closed_at"), default="due_at")
    ready = Delivery.objects.filter(state=Delivery.State.READY).order_by()
    rows = ready.values_list("batch__petition", "office").annotate(
        count=Count("pk"), first=Min(tried_at)
    )
    return {(petition, office): (count, first) for petition, office, count, first in rows}
