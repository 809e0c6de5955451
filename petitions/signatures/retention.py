"""What is kept of signatures for a time: marks of addresses, and what signers typed.

The rows stay, since they are what the tally counts, and so do the links by which signers leave.
Who asked to have their data restricted keeps all of it until they say otherwise.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet

from petitions.models import (
    CarriedDetails,
    DataCopy,
    Delivery,
    DeliveryEvent,
    Erasure,
    Petition,
    Signature,
)
from petitions.models.clock import add_months
from petitions.models.petition import MARKS_KEPT_FOR
from petitions.models.signature import SignatureQuerySet
from petitions.signatures.withdraw import erase_files

MONTHS_AFTER_DELIVERY = 1
MONTHS_AT_MOST = 21
AT_ONCE = 2000
SETTLED = (Delivery.State.SENT, Delivery.State.FAILED)

Due = Callable[[Petition, datetime], SignatureQuerySet]


def erase_what_was_kept(*, now: datetime) -> None:
    """Erase what is due, some thousand rows at a time; it can be killed at any time."""
    for petition in Petition.objects.order_by("pk"):
        while _erase_some(petition, marks_due, _erase_marks, Erasure.Rule.MARKS, now=now):
            pass
        while _erase_some(petition, details_due, _erase_details, Erasure.Rule.DETAILS, now=now):
            pass


# --- What is due, and when


def marks_due(petition: Petition, now: datetime) -> SignatureQuerySet:
    """Those of a petition that are 30 days past its end."""
    at = marks_end_at(petition)
    signatures = Signature.objects.filter(petition=petition, index__isnull=False, restricted=False)
    return signatures if at and at <= now else signatures.none()


def marks_end_at(petition: Petition) -> datetime | None:
    """None while the petition runs."""
    ended_at = petition.closed_at if petition.state in petition.ENDED else None
    return ended_at and ended_at + MARKS_KEPT_FOR


def details_due(petition: Petition, now: datetime) -> SignatureQuerySet:
    """All of a petition a month after its last letter; others when they are 21 months old."""
    signatures = with_details().filter(petition=petition)
    at = details_end_at(petition)
    if at and at <= now:
        return signatures
    return signatures.filter(confirmed_hour__lte=add_months(now, -MONTHS_AT_MOST))


def with_details() -> SignatureQuerySet:
    return Signature.objects.filter(sig_box__isnull=False, restricted=False)


def details_end_at(petition: Petition) -> datetime | None:
    """A month after the last letter has arrived or failed; None while letters may still go out."""
    if petition.state not in petition.ENDED or petition.closed_at is None:
        return None
    if Signature.objects.ready_for_batch().filter(petition=petition).exists():
        return None
    letters = Delivery.objects.filter(batch__petition=petition, batch__size__gt=0)
    if letters.exclude(state__in=SETTLED).exists():
        return None
    return add_months(max([petition.closed_at, *_settled(letters)]), MONTHS_AFTER_DELIVERY)


def _settled(letters: QuerySet[Delivery]) -> list[datetime]:
    """When the last of them arrived, and when the last failed."""
    failed = DeliveryEvent.objects.filter(delivery__in=letters, state=Delivery.State.FAILED)
    moments = [
        letters.aggregate(last=Max("sent_at"))["last"],
        failed.aggregate(last=Max("at"))["last"],
    ]
    return [each for each in moments if each]


# --- Erasing


@transaction.atomic
def _erase_some(
    petition: Petition,
    due: Due,
    erase: Callable[[list[Signature]], None],
    rule: Erasure.Rule,
    *,
    now: datetime,
) -> bool:
    """False where nothing is left.

    The petition is held, so that nobody opens it again meanwhile; what somebody else holds, such
    as a signer who is leaving, comes at the next tick.
    """
    petition = Petition.objects.select_for_update(no_key=True).get(pk=petition.pk)
    locked = due(petition, now).order_by().select_for_update(skip_locked=True)
    signatures = list(locked.only("pk", "batch_id")[:AT_ONCE])
    if not signatures:
        return False
    erase(signatures)
    Erasure.objects.note({rule: len(signatures)}, now=now)
    return True


def _erase_marks(signatures: list[Signature]) -> None:
    _rows(signatures).update(index=None, look_alike=None)


def _erase_details(signatures: list[Signature]) -> None:
    """With all that was made of them and is still here."""
    _rows(signatures).update(sig_box=None, public_name="", quarantined=False)
    ids = _ids(signatures)
    CarriedDetails.objects.filter(signature__in=ids).delete()
    DataCopy.objects.filter(signature__in=ids).delete()
    erase_files({each.batch_id for each in signatures if each.batch_id is not None})


def _rows(signatures: list[Signature]) -> SignatureQuerySet:
    return Signature.objects.filter(pk__in=_ids(signatures))


def _ids(signatures: list[Signature]) -> list[uuid.UUID]:
    return [each.pk for each in signatures]
