"""Publishing: what waits goes into a petition's log, and a new head is signed.

Signatures come first, in the order of their hashes, which is random: nothing tells which of them
came first. The random secrets of their receipts are made here, so that the confirming request has
nothing to do with the log.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain

from django.db import connection, models, transaction

from five_asks_verify import checkpoint
from five_asks_verify.entries import PREFIX, BatchClosed, places_text, ranges
from five_asks_verify.merkle import leaf_hash
from petitions.ledger.memory import refuse_another_past, remember
from petitions.ledger.tree import grow
from petitions.models import Batch, Head, Leaf, Log, LogEntry, Petition, Signature
from petitions.models.clock import transaction_now
from petitions.vault import VaultError, private_log_key, vault

log_of_process = logging.getLogger(__name__)

# Fewer than that tell too much of when somebody signed.
ENOUGH = 20
SECRETS_AT_ONCE = 10_000
SECRET_BYTES = 32


@dataclass(frozen=True)
class Outcome:
    """Of a try to publish: the head, or why there is none."""

    petition: Petition
    batch: Batch | None
    head: Head | None
    why_not: str = ""


def publish_due() -> list[Outcome]:
    """Of each petition for which enough waits; one that can't be published keeps no other back."""
    due = [each for each in Petition.objects.order_by("pk") if enough_waits(each)]
    return [_publish_or_say_why(each) for each in due]


def publish_batches() -> list[Outcome]:
    """Closed ones whose letters still wait for a head, and that others were taken back."""
    waiting = Batch.objects.filter(head=None).order_by("pk").select_related("petition")
    outcomes = [publish_batch(batch) for batch in waiting]
    taken_back = LogEntry.objects.waiting().filter(text__startswith=f"{PREFIX} batch ")
    petitions = Petition.objects.filter(logs__entries__in=taken_back).distinct()
    return outcomes + [_publish_or_say_why(petition) for petition in petitions]


def publish_petition(petition: Petition) -> list[Outcome]:
    """Both, of one petition."""
    waiting = Batch.objects.filter(petition=petition, head=None).order_by("pk")
    outcomes = [publish_batch(batch) for batch in waiting.select_related("petition")]
    if enough_waits(petition):
        outcomes.append(_publish_or_say_why(petition))
    return outcomes


def publish_batch(batch: Batch) -> Outcome:
    """Publish all that waits, and that the batch is closed; or the batch and its letters wait."""
    return _publish_or_say_why(batch.petition, batch=batch)


def enough_waits(petition: Petition) -> bool:
    # Counted no further than it takes to know.
    missing = ENOUGH - entries_waiting(petition)[:ENOUGH].count()
    return missing <= 0 or without_leaf(petition)[:missing].count() == missing


def entries_waiting(petition: Petition) -> models.QuerySet[LogEntry]:
    """What still comes for a log that another one followed is never published."""
    return LogEntry.objects.waiting().filter(log=Log.objects.of(petition))


def without_leaf(petition: Petition) -> models.QuerySet[Signature]:
    return Signature.objects.counted().filter(petition=petition, leaf=None).order_by()


def _publish_or_say_why(petition: Petition, *, batch: Batch | None = None) -> Outcome:
    try:
        with transaction.atomic():
            head = publish(petition, batch=batch)
    except VaultError as alarm:
        log_of_process.critical("the public log of %s: %s", petition.slug, alarm)
        return Outcome(petition, batch, None, str(alarm))
    return Outcome(petition, batch, head)


@transaction.atomic
def publish(petition: Petition, *, batch: Batch | None = None) -> Head:
    """Publish all that waits for the petition's log, and `batch` last; nothing waits, nothing new.

    The petition's row is locked: nobody closes a batch or holds signatures meanwhile.

    Raises:
        KeysUnavailable: the key that signs is not here.
        OlderThanPublished: this database is older than what was published.
    """
    petition = Petition.objects.select_for_update(no_key=True).get(pk=petition.pk)
    key = private_log_key(vault())
    now = transaction_now()
    log = Log.objects.of_or_new(petition, now=now)
    refuse_another_past(log)
    last = log.heads.last()
    size = last.size if last else 0
    if batch and not Batch.objects.filter(pk=batch.pk, head=None).exists():
        # While we waited for the petition it was published, or nothing was left of it.
        batch = None
    if batch:
        _wait_for_signers_of(batch)
    signatures = _append_signatures(log, size)
    if batch:
        _tell_of(batch, log)
    entries = _append_entries(log, size + signatures)
    if last and not signatures and not entries:
        return last
    tree = grow(log, size, _hashes(log, size, entries))
    point = checkpoint.Checkpoint(log.origin, tree.size, tree.root())
    change = signatures + sum(entry.change for entry in entries)
    head = Head.objects.create(
        log=log,
        size=point.size,
        root=point.root,
        note=checkpoint.sign(point, key),
        counted=(last.counted if last else 0) + change,
        published_at=now,
    )
    if batch:
        Batch.objects.filter(pk=batch.pk).update(head=head)
        batch.head = head
    # The caller's transaction may still be rolled back: then nobody has seen this head.
    transaction.on_commit(partial(remember, head))
    return head


def _wait_for_signers_of(batch: Batch) -> None:
    """Who holds one of its signatures may only change a wish: it must not be passed over."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM (
                SELECT FROM petitions_signature AS signature
                WHERE signature.batch_id = %s
                  AND NOT EXISTS (SELECT FROM petitions_leaf AS leaf
                                  WHERE leaf.signature_id = signature.id)
                FOR KEY SHARE
            ) AS waited_for
            """,
            [batch.pk],
        )


def _append_signatures(log: Log, size: int) -> int:
    """Give each signature that is counted and has no leaf one; how many there were.

    Whoever withdraws at this moment has locked their signature, and gets none; who only changes
    something gets one next time.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            # Each secret is a keyed hash, by a random key of 256 bits that is used here and
            # forgotten: to ask PostgreSQL for a random number each took half of the time.
            r"""
            WITH waiting AS MATERIALIZED (
                SELECT signature.id FROM petitions_signature AS signature
                WHERE signature.petition_id = %(petition)s AND signature.hold_id IS NULL
                  AND NOT EXISTS (SELECT FROM petitions_leaf AS leaf
                                  WHERE leaf.signature_id = signature.id)
                FOR KEY SHARE SKIP LOCKED
            ), made AS MATERIALIZED (
                SELECT id, sha256(%(key)s || uuid_send(id)) AS secret FROM waiting
            )
            INSERT INTO petitions_leaf (signature_id, log_id, place, secret)
            SELECT id, %(log)s,
                   %(size)s - 1 + row_number() OVER (ORDER BY sha256('\x00'::bytea || secret)),
                   secret
            FROM made
            """,
            {
                "petition": log.petition_id,
                "log": log.pk,
                "size": size,
                "key": secrets.token_bytes(SECRET_BYTES),
            },
        )
        return int(cursor.rowcount)


def _tell_of(batch: Batch, log: Log) -> None:
    """Its entry waits as the last one. Who withdrew since it was closed is not in it any more.

    Its size stays where letters have told of it: they went out before there was a log, or the log
    was begun anew.
    """
    of_batch = Leaf.objects.filter(log=log, signature__batch=batch).order_by("place")
    places = ranges(of_batch.values_list("place", flat=True).iterator())
    closed = BatchClosed.of(batch.number, places)
    LogEntry.objects.add([(log.pk, closed, 0)])
    batch.places = places_text(places)
    if not batch.deliveries.begun().exists():
        batch.size = closed.count
    batch.save(update_fields=["size", "places"])
    Log.objects.filter(pk=log.pk, highest_batch__lt=batch.number).update(highest_batch=batch.number)


def _append_entries(log: Log, size: int) -> list[LogEntry]:
    entries = list(log.entries.waiting())
    for place, entry in enumerate(entries, start=size):
        entry.place = place
    LogEntry.objects.bulk_update(entries, ["place"], batch_size=1000)
    return entries


def _hashes(log: Log, size: int, entries: Iterable[LogEntry]) -> Iterator[bytes]:
    new = Leaf.objects.filter(log=log, place__gte=size).order_by("place")
    opened = new.values_list("secret", flat=True).iterator(SECRETS_AT_ONCE)
    texts = (entry.text.encode() for entry in entries)
    return map(leaf_hash, chain(map(bytes, opened), texts))
