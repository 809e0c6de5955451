"""Closing a batch: from then on it is known what each responsible office gets, and it never changes."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q

from petitions.delivery.hours import next_open_moment
from petitions.delivery.office_pages import make_pages
from petitions.ledger.publish import publish_batch
from petitions.models import Batch, Delivery, Log, Office, Pause, Petition, Signature, Withdrawal


def close_scheduled_batches(*, now: datetime) -> list[Batch]:
    """Close a batch of each petition whose schedule says so."""
    waiting = [each for each in petitions_waiting() if may_close(each)]
    batches = [
        close_batch(each, now=now, scheduled=True) for each in waiting if is_due(each, now=now)
    ]
    return [batch for batch in batches if batch is not None]


def close_batches(petitions: list[Petition], *, now: datetime) -> list[Batch]:
    batches = [close_batch(petition, now=now) for petition in petitions]
    return [batch for batch in batches if batch is not None]


def petitions_waiting() -> list[Petition]:
    """Petitions with signatures or withdrawals that no letter has told of."""
    signatures = Signature.objects.ready_for_batch().filter(petition=OuterRef("pk"))
    withdrawals = Withdrawal.objects.filter(batch__petition=OuterRef("pk"), told_in=None)
    return list(Petition.objects.public().filter(Q(Exists(signatures)) | Q(Exists(withdrawals))))


def may_close(petition: Petition) -> bool:
    """Not before its first letter is approved, nor in a pause: one letter tells of all then."""
    approved = petition.letters_approved_at is not None
    return approved and not Pause.objects.of(petition).exists()


def is_due(petition: Petition, *, now: datetime) -> bool:
    """Whether so many days have passed, or so many signatures wait, as the petition says."""
    return next_batch_at(petition) <= now or enough_wait(petition)


def next_batch_at(petition: Petition) -> datetime:
    """When the next batch is closed, however few signatures wait."""
    last = petition.batches.aggregate(last=Max("closed_at"))["last"] or petition.opened_at
    return last + timedelta(days=petition.batch_days)


def enough_wait(petition: Petition) -> bool:
    enough = petition.batch_signatures
    if enough is None:
        return False
    waiting = Signature.objects.ready_for_batch().filter(petition=petition)
    # Counted no further than it takes to know.
    return waiting.order_by()[:enough].count() >= enough


@transaction.atomic
def close_batch(petition: Petition, *, now: datetime, scheduled: bool = False) -> Batch | None:
    """Put all that waits into a batch, with a delivery to each responsible office.

    None where nothing waits (any more): the petition's row is locked, so that of two that close
    at once the second finds nothing; and where it is `scheduled`, that it is not due any more.
    """
    # No more than that: who withdraws has locked a signature, and may count in a row that is new
    # and names the petition.
    petition = Petition.objects.select_for_update(no_key=True).get(pk=petition.pk)
    if scheduled and not is_due(petition, now=now):
        return None
    number = _highest_number(petition) + 1
    batch = Batch.objects.create(petition=petition, number=number, size=0, closed_at=now)
    batch.size = Signature.objects.ready_for_batch().filter(petition=petition).update(batch=batch)
    told = Withdrawal.objects.filter(batch__petition=petition, told_in=None).update(told_in=batch)
    if not batch.size and not told:
        batch.delete()
        return None
    batch.save(update_fields=["size"])
    make_pages(
        Delivery.objects.bulk_create(
            _delivery(batch, office, now=now) for office in Office.objects.responsible_for(petition)
        )
    )
    publish_batch(batch)
    return batch


def _highest_number(petition: Petition) -> int:
    """Of all that were ever closed: offices and the public log know a number as one batch."""
    batches = Batch.objects.filter(petition=petition).aggregate(last=Max("number"))
    logs = Log.objects.filter(petition=petition).aggregate(last=Max("highest_batch"))
    return max(batches["last"] or 0, logs["last"] or 0)


def _delivery(batch: Batch, office: Office, *, now: datetime) -> Delivery:
    domain = parseaddr(settings.LETTER_FROM)[1].partition("@")[2]
    due_at = next_open_moment(office.time_zone, now)
    return Delivery(
        batch=batch,
        office=office,
        due_at=due_at,
        waits_for_hours=due_at > now,
        message_id=f"<{uuid.uuid4()}@{domain}>",
    )
