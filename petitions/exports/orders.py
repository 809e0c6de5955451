"""What organizers do with an export, but for reading it: order, approve, refuse, cancel, go on.

Each is one transaction with its line in the audit trail; the file is made elsewhere (make.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Max, Q

from petitions.exports.columns import RULES
from petitions.exports.selection import Selection
from petitions.models import AgeKey, AuditEntry, Export, ExportChunk
from petitions.models.clock import database_now
from petitions.models.export import EXPORT_LIFE, Format, Use

State = Export.State
Action = AuditEntry.Action
# Any number that nothing else in this database locks.
_ONE_NUMBER_AT_A_TIME = 0x65787074


class NotYours(Exception):
    """Only who ordered an export reads it, and nobody approves their own."""


class TooLate(Exception):
    """Somebody was sooner, or it is in another state by now: nothing was changed."""


@dataclass(frozen=True)
class Order:
    use: Use
    format: Format
    columns: tuple[str, ...]
    selection: Selection
    reason: str


@transaction.atomic
def order(wanted: Order, *, by: User) -> Export:
    """Let a worker make it, or another organizer approve it first where the settings say so."""
    allowed = RULES[wanted.use].columns
    export = Export(
        number=_next_number(),
        by=by,
        ordered_at=database_now(),
        reason=wanted.reason,
        use=wanted.use,
        format=wanted.format,
        columns=[each for each in allowed if each in wanted.columns],
        selection=wanted.selection.as_json(),
        words=wanted.selection.in_words(),
        age_recipient=_recipient_of(by),
        state=State.WAITING if settings.EXPORTS_NEED_APPROVAL else State.QUEUED,
        rows_total=wanted.selection.signatures(wanted.use).count(),
    )
    export.save(force_insert=True)
    _record(export, Action.EXPORT, by=by, reason=wanted.reason)
    return export


@transaction.atomic
def approve(export: Export, *, by: User) -> None:
    """
    Raises:
        NotYours, TooLate: nothing was changed.
    """
    if export.by_id == by.pk:
        raise NotYours
    _move(export, State.WAITING, state=State.QUEUED, approved_by=by, approved_at=database_now())
    _record(export, Action.ALLOW, by=by)


@transaction.atomic
def cancel(export: Export, *, by: User) -> None:
    """By whoever ordered it; for another organizer this is how to refuse. What was made goes.

    Raises:
        TooLate: nothing was changed.
    """
    states = (State.WAITING, State.QUEUED, State.MAKING, State.READY)
    _move(export, *states, state=State.CANCELLED, key_box=None, lease_until=None)
    # The row is ours until the end of the transaction: its maker finds it cancelled.
    ExportChunk.objects.filter(export=export.pk).delete()
    _record(export, Action.CANCEL, by=by)


@transaction.atomic
def go_on(export: Export, *, by: User, now: datetime) -> None:
    """Let one that was cancelled or failed be made after all; an approval is good for a day.

    Raises:
        NotYours, TooLate: nothing was changed.
    """
    if export.by_id != by.pk:
        raise NotYours
    approved = export.approved_at is not None and export.approved_at > now - EXPORT_LIFE
    waits = settings.EXPORTS_NEED_APPROVAL and not approved
    changes = {"approved_by": None, "approved_at": None} if waits else {}
    _move(
        export,
        State.CANCELLED,
        State.FAILED,
        state=State.WAITING if waits else State.QUEUED,
        fault="",
        rows_done=0,
        rows_total=Selection.of_json(export.selection).signatures(Use(export.use)).count(),
        # The key of today, not that of the day it was ordered.
        age_recipient=_recipient_of(by),
        **changes,
    )
    _record(export, Action.EXPORT, by=by, reason=export.reason)


def _move(export: Export, *states: str, **changes: object) -> None:
    if not Export.objects.filter(pk=export.pk, state__in=states).update(**changes):
        raise TooLate
    export.refresh_from_db()


def _record(export: Export, action: AuditEntry.Action, *, by: User, reason: str = "") -> None:
    AuditEntry.objects.record(
        user=by, action=action, count=export.rows_total, selection=said(export), reason=reason
    )


def said(export: Export) -> str:
    """An export in the words of the audit trail."""
    parts = [
        str(export),
        export.get_use_display(),
        export.get_format_display() + (" (age)" if export.age_recipient else ""),
        export.words,
        ", ".join(export.columns),
    ]
    return "; ".join(parts)


def _recipient_of(user: User) -> str:
    return AgeKey.objects.filter(user=user).values_list("recipient", flat=True).first() or ""


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_NUMBER_AT_A_TIME])
    last = Export.objects.aggregate(last=Max("number"))["last"]
    return 1 + (last or 0)


def waiting_for(user: User) -> Iterable[Export]:
    """Those that `user` could approve."""
    return Export.objects.filter(~Q(by=user), state=State.WAITING)
