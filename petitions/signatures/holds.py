"""Suspicious signatures are taken out of the count, and counted again once they are cleared.

A hold erases nothing. Its signatures are in no tally, no new batch and no list of names; a batch
whose letters nobody has begun to send loses them too. Letters that have begun to go out stay as
they are: a batch never changes, and no letter can be called back.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, ProtectedError, Q, QuerySet

from petitions.ledger.changes import note_held, note_released, note_taken_back
from petitions.models import Batch, Delivery, Hold, Petition, Signature, Tally

if TYPE_CHECKING:
    from django.contrib.auth.models import User

AuditLine = Callable[[int], None]


@dataclass(frozen=True)
class _Group:
    """What was taken or given back of one country, petition and batch."""

    country: str
    petition_id: int
    batch_id: int | None
    count: int
    log_id: int | None
    places: list[int]


def hold(
    signatures: QuerySet[Signature],
    *,
    why: Hold.Why,
    reason: str,
    by: User | None,
    audit: AuditLine = lambda _count: None,
) -> Hold:
    """Take those of `signatures` that are counted out of the count; `taken` says how many.

    `audit` is told the number within the transaction.
    """
    with transaction.atomic():
        _hold_back_batches()
        made = Hold.objects.create(why=why, reason=reason, by=by)
        unsent = _unsent_batches()
        groups = _change(signatures.filter(hold=None), hold=made, leaving=unsent)
        made.taken = sum(group.count for group in groups)
        if made.taken:
            made.save(update_fields=["taken"])
        else:
            made.delete()
        _shrink(groups, unsent)
        audit(made.taken)
        note_held(_places(groups))
        Tally.objects.move_to_held(_by_country(groups))
    return made


def release(signatures: QuerySet[Signature], *, audit: AuditLine = lambda _count: None) -> int:
    """Count those of `signatures` that are held again; how many there were."""
    with transaction.atomic():
        _hold_back_batches()
        groups = _change(signatures.filter(hold__isnull=False), hold=None, leaving=[])
        count = sum(group.count for group in groups)
        audit(count)
        note_released(_places(groups))
        Tally.objects.move_to_held(
            [(country, petition, -by) for country, petition, by in _by_country(groups)]
        )
    return count


def already_in_letters(signatures: QuerySet[Signature]) -> int:
    """How many stand in letters that have gone out, or have begun to."""
    return signatures.filter(batch__isnull=False).exclude(batch__in=_unsent()).count()


def _hold_back_batches() -> None:
    """Until this is over no batch is closed and no other hold is made: closing locks the petition.

    People go on signing and withdrawing.
    """
    list(Petition.objects.order_by("pk").select_for_update(no_key=True).values_list("pk"))


def _unsent() -> QuerySet[Batch]:
    begun = Delivery.objects.begun().filter(batch=OuterRef("pk"))
    return Batch.objects.exclude(Exists(begun))


def _unsent_batches() -> list[int]:
    """Batches none of whose letters has been begun; nor can one be until this is over."""
    deliveries = Delivery.objects.filter(batch__in=_unsent()).order_by("pk")
    list(deliveries.select_for_update(no_key=True).values_list("pk"))
    # Some may have been begun while we waited for the lock; the rest is ours now.
    return list(_unsent().values_list("pk", flat=True))


def _change(
    signatures: QuerySet[Signature], *, hold: Hold | None, leaving: list[int]
) -> list[_Group]:
    """Set their hold, all in one statement; those in `leaving` batches leave them.

    Rows are locked in the order of petitions, as withdrawing does it. The condition on the hold is
    looked at again once a row is locked.
    """
    held = Q(hold=None) if hold else Q(hold__isnull=False)
    # Not by a subquery of the same table: just after a hold the database knows of none that is
    # held, and compared each of a quarter of a million with each.
    in_order = signatures.filter(held).order_by("petition_id", "id")
    in_order = in_order.select_for_update(no_key=True, of=("self",))
    try:
        query, parameters = in_order.values_list("pk", "batch_id").query.sql_with_params()
    except EmptyResultSet:  # Django does not even ask for what can't be anybody
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH chosen (id, batch_id) AS ({query}),
                     changed AS (
                         UPDATE petitions_signature AS signature
                         SET hold_id = %s,
                             batch_id = CASE WHEN signature.batch_id = ANY(%s)
                                             THEN NULL ELSE signature.batch_id END
                         FROM chosen WHERE signature.id = chosen.id
                         RETURNING signature.id, signature.country, signature.petition_id,
                                   chosen.batch_id)
                SELECT country, petition_id, batch_id, count(*), leaf.log_id,
                       array_agg(leaf.place) FILTER (WHERE leaf.place IS NOT NULL)
                FROM changed LEFT JOIN petitions_leaf AS leaf ON leaf.signature_id = changed.id
                GROUP BY country, petition_id, batch_id, leaf.log_id""",  # noqa: S608 - Django's own query
            [*parameters, hold.pk if hold else None, leaving],
        )
        return [_Group(*row) for row in cursor.fetchall()]


def _shrink(groups: list[_Group], unsent: list[int]) -> None:
    """What left a batch does not stand in its size; a batch that has nothing left goes."""
    left = Counter[int]()
    for group in groups:
        if group.batch_id in unsent:
            left[group.batch_id] += group.count
    for batch_id, count in sorted(left.items()):
        # Its letters wait until the public log says what is left of it.
        Batch.objects.filter(pk=batch_id).update(size=F("size") - count, head=None)
    empty = Batch.objects.filter(
        pk__in=left, signatures=None, withdrawals=None, withdrawals_told=None
    )
    for batch in empty:
        # What somebody filed under a letter keeps it, whether or not it was sent.
        with suppress(ProtectedError):
            batch.deliveries.all().delete()
            batch.delete()
            note_taken_back(batch)


def _places(groups: list[_Group]) -> dict[int, list[int]]:
    places = defaultdict[int, list[int]](list)
    for group in groups:
        if group.log_id is not None:
            places[group.log_id] += group.places
    return places


def _by_country(groups: list[_Group]) -> list[tuple[str, int, int]]:
    counts = Counter[tuple[str, int]]()
    for group in groups:
        counts[group.country, group.petition_id] += group.count
    return [(country, petition_id, count) for (country, petition_id), count in counts.items()]
