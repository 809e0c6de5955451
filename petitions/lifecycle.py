"""A petition's life: a draft is opened, signed, and closed or won; by hand or at a planned time."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from petitions.models import AuditEntry, Petition, Tally

State = Petition.State

# Where each state may lead. Back to a draft only while nobody has signed: see `moves_of`.
MOVES: dict[str, tuple[State, ...]] = {
    State.DRAFT: (State.OPEN,),
    State.OPEN: (State.WON, State.CLOSED, State.DRAFT),
    State.CLOSED: (State.WON, State.OPEN),
    State.WON: (State.CLOSED, State.OPEN),
}


class CannotMove(Exception):
    """Says why, in words for organizers."""


def moves_of(petition: Petition) -> list[State]:
    """The states that a petition may come to from here."""
    signed = count_of(petition)
    return [to for to in MOVES[petition.state] if not (to == State.DRAFT and signed)]


def count_of(petition: Petition) -> int:
    count: int = Tally.objects.filter(petition=petition).aggregate(n=Sum("count"))["n"] or 0
    return count


def move(petition: Petition, to: State, *, now: datetime) -> bool:
    """Bring it to this state; False where somebody else moved it meanwhile.

    Planned times are used up: what was opened again does not close at once.

    Raises:
        CannotMove: this state can't be reached from here.
    """
    if to not in moves_of(petition):
        raise CannotMove(_("This can’t be done from here: look at the petition again."))
    if to == State.OPEN and not has_words(petition):
        raise CannotMove(_("It needs a text in the campaign’s first language before it opens."))
    changes = _changes(petition, to, now=now)
    here = Petition.objects.filter(pk=petition.pk, state=petition.state)
    if here.update(state=to, **changes) != 1:
        return False
    petition.refresh_from_db()
    return True


def _changes(petition: Petition, to: State, *, now: datetime) -> dict[str, datetime | None]:
    if to in Petition.ENDED:
        # From closed to won: what is kept of its signers does not stay longer for that.
        return {"closed_at": petition.closed_at or now, "opens_at": None, "closes_at": None}
    if to == State.DRAFT:
        return {"closed_at": None}
    if petition.state == State.DRAFT:
        # An outage may have let the end pass as well: then it is closed right after.
        return {"opened_at": now, "opens_at": None}
    return {"closed_at": None, "closes_at": None}


def has_words(petition: Petition) -> bool:
    return petition.texts.filter(language=settings.LANGUAGE_CODE).exists()


# --- At a planned time


def keep_schedule(*, now: datetime) -> int:
    """Open and close what is due, and say how many; safe to repeat and to run twice at once."""
    drafts = Petition.objects.filter(
        state=State.DRAFT, opens_at__lte=now, texts__language=settings.LANGUAGE_CODE
    )
    moved = sum(_move_as_planned(each, State.OPEN, now=now) for each in drafts)
    over = Petition.objects.open().filter(closes_at__lte=now)
    return moved + sum(_move_as_planned(each, State.CLOSED, now=now) for each in over)


@transaction.atomic
def _move_as_planned(petition: Petition, to: State, *, now: datetime) -> bool:
    planned = petition.opens_at if to == State.OPEN else petition.closes_at
    moved = move(petition, to, now=now)
    if moved:
        AuditEntry.objects.record(
            user=None,
            action=AuditEntry.Action.STATE,
            count=1,
            selection=f"{petition}: {to.label}",
            reason=f"planned for {planned:%Y-%m-%d %H:%M %Z}",
        )
    return moved
