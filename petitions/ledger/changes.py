"""What becomes of signatures that a log has: each change waits there to be published."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from five_asks_verify.entries import BatchClosed, Change, Kind, ranges
from petitions.models import Batch, Leaf, Log, LogEntry, Signature


def note_withdrawn(signatures: Collection[Signature]) -> None:
    """Of locked ones that are about to be erased: from then on nobody can open their leaves."""
    leaves = list(Leaf.objects.filter(signature__in=signatures).select_related("signature"))
    LogEntry.objects.add(
        (
            leaf.log_id,
            Change(Kind.WITHDRAWN, ranges([leaf.place])),
            -1 if leaf.signature.hold_id is None else 0,
        )
        for leaf in leaves
    )
    Leaf.objects.filter(pk__in=[leaf.pk for leaf in leaves]).delete()


def note_held(places: Mapping[int, Collection[int]]) -> None:
    """Taken out of the count: the places of each log."""
    _note(Kind.HELD, places, sign=-1)


def note_released(places: Mapping[int, Collection[int]]) -> None:
    _note(Kind.RELEASED, places, sign=1)


def note_taken_back(batch: Batch) -> None:
    """A batch that is about to be deleted, because nothing is left that its letters could carry."""
    log = Log.objects.of(batch.petition)
    if log and batch.number <= log.highest_batch:
        LogEntry.objects.add([(log.pk, BatchClosed.of(batch.number, ()), 0)])


def _note(kind: Kind, places: Mapping[int, Collection[int]], *, sign: int) -> None:
    LogEntry.objects.add(
        (log_id, Change(kind, ranges(sorted(some))), sign * len(some))
        for log_id, some in places.items()
    )
