"""Closing a batch: from then on it is known what each responsible office gets, and it never changes."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q

from petitions.models import Batch, Delivery, Office, Petition, Signature, Withdrawal


def close_scheduled_batches(*, now: datetime) -> list[Batch]:
    """Close a batch of each petition whose schedule says so."""
    return close_batches(
        [each for each in petitions_waiting() if next_batch_at(each) <= now], now=now
    )


def close_batches(petitions: list[Petition], *, now: datetime) -> list[Batch]:
    batches = [close_batch(petition, now=now) for petition in petitions]
    return [batch for batch in batches if batch is not None]


def petitions_waiting() -> list[Petition]:
    """Petitions with signatures or withdrawals that no letter has told of."""
    signatures = Signature.objects.ready_for_batch().filter(petition=OuterRef("pk"))
    withdrawals = Withdrawal.objects.filter(batch__petition=OuterRef("pk"), told_in=None)
    waiting = Petition.objects.public().filter(Q(Exists(signatures)) | Q(Exists(withdrawals)))
    return list(waiting.annotate(last_batch_at=Max("batches__closed_at")))


def next_batch_at(petition: Petition) -> datetime:
    """When the schedule closes the next batch; for one that came from `petitions_waiting`."""
    last: datetime = getattr(petition, "last_batch_at", None) or petition.opened_at
    return last + timedelta(days=petition.batch_days)


@transaction.atomic
def close_batch(petition: Petition, *, now: datetime) -> Batch | None:
    """Put all that waits into a batch, with a delivery to each responsible office.

    None where nothing waits (any more): the petition's row is locked, so that of two that close
    at once the second finds nothing.
    """
    Petition.objects.select_for_update().get(pk=petition.pk)
    last = Batch.objects.filter(petition=petition).aggregate(last=Max("number"))["last"] or 0
    batch = Batch.objects.create(petition=petition, number=last + 1, size=0, closed_at=now)
    batch.size = Signature.objects.ready_for_batch().filter(petition=petition).update(batch=batch)
    told = Withdrawal.objects.filter(batch__petition=petition, told_in=None).update(told_in=batch)
    if not batch.size and not told:
        batch.delete()
        return None
    batch.save(update_fields=["size"])
    Delivery.objects.bulk_create(
        _delivery(batch, office, now=now) for office in Office.objects.responsible_for(petition)
    )
    return batch


def _delivery(batch: Batch, office: Office, *, now: datetime) -> Delivery:
    domain = parseaddr(settings.LETTER_FROM)[1].partition("@")[2]
    return Delivery(batch=batch, office=office, due_at=now, message_id=f"<{uuid.uuid4()}@{domain}>")
