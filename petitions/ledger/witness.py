"""Lines of outside witnesses below our heads: they have seen that a log only grew."""

from __future__ import annotations

from five_asks_verify.checkpoint import COSIGNATURE, VerifierKey, read_checkpoint, signatures_by
from petitions.models import Cosignature, Head, Log


class NotCosigned(Exception):
    """The note is none of a head of ours, or the witness has not signed it; says why."""


def keep_cosignatures(log: Log, note: str, *, key: VerifierKey) -> int:
    """Store the lines by which a witness has signed one of the log's heads; how many were new.

    Raises:
        NotCosigned, NotACheckpoint: nothing was stored.
    """
    if key.kind != COSIGNATURE:
        raise NotCosigned("This is no witness's key: those sign the time as well (kind 4).")
    lines = signatures_by(key, note)
    head = _head_of(log, note)
    if not lines:
        raise NotCosigned(f"{key.name} has not signed this checkpoint with this key.")
    kept = [Cosignature.objects.get_or_create(head=head, line=line.strip()) for line in lines]
    return sum(is_new for _, is_new in kept)


def _head_of(log: Log, note: str) -> Head:
    size = read_checkpoint(note).size
    head = log.heads.filter(size=size).first()
    if head is None or _text(head.note) != _text(note):
        raise NotCosigned(
            f"This is no checkpoint that {log} has published. If the witness has really seen it,"
            " it has seen another log than the one here."
        )
    return head


def _text(note: str) -> str:
    return note.partition("\n\n")[0]
