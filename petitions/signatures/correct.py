"""An organizer corrects what a person typed, or restricts what it is used for, at their wish.

Letters that went out stay as they are; files that wait to be downloaded are made again.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from petitions.models import CarriedDetails, DataCopy, Signature, Tally, Visibility
from petitions.models.sealed import Details
from petitions.signatures.persons import Subject, lock_signatures
from petitions.signatures.withdraw import erase_files


@dataclass(frozen=True)
class Correction:
    """`details` is None where only the country is known of these signatures."""

    country: str
    details: Details | None


@transaction.atomic
def correct(
    subject: Subject, references: Collection[uuid.UUID], correction: Correction
) -> list[Signature]:
    """Write the right country, and seal the right details anew; those that were still there.

    A name on the site waits again until an organizer has looked at it.
    """
    signatures = [each for each in lock_signatures(subject) if each.pk in references]
    moved = [each for each in signatures if each.country.code != correction.country]
    before = {each.pk: each.country.code for each in moved}
    _forget_copies(signatures)
    for signature in signatures:
        _write(signature, correction)
    erase_files({each.batch_id for each in signatures if each.batch_id is not None})
    _move_in_tally(moved, before, correction.country)
    return signatures


@transaction.atomic
def restrict(subject: Subject) -> int:
    """Keep and count the subject's signatures, and use them for nothing else; how many are new."""
    signatures = [each for each in lock_signatures(subject) if not each.restricted]
    ids = [each.pk for each in signatures]
    Signature.objects.filter(pk__in=ids).update(restricted=True, public_name="")
    erase_files({each.batch_id for each in signatures if each.batch_id is not None})
    return len(ids)


@transaction.atomic
def end_restriction(subject: Subject) -> int:
    """A name that was on the site waits for an organizer's look; time goes on for all of it."""
    ids = [each.pk for each in lock_signatures(subject) if each.restricted]
    return Signature.objects.filter(pk__in=ids).update(restricted=False)


def _write(signature: Signature, correction: Correction) -> None:
    signature.country = correction.country
    details = correction.details
    if details is not None and may_hold_details(signature):
        signature.sig_box = details.seal(
            petition_id=signature.petition_id, signature_id=signature.pk
        )
        signature.quarantined = False
        signature.public_name = ""
        CarriedDetails.objects.filter(signature=signature).delete()
    signature.save(update_fields=["country", "sig_box", "quarantined", "public_name"])


def may_hold_details(signature: Signature) -> bool:
    """Whose details were destroyed, by their wish or by time, gets none again."""
    on_their_way = CarriedDetails.objects.filter(signature=signature)
    withheld = signature.visibility == Visibility.WITHHELD
    return not withheld and (signature.sig_box is not None or on_their_way.exists())


def _forget_copies(signatures: list[Signature]) -> None:
    """They hold what was wrong."""
    DataCopy.objects.filter(signature__in=[each.pk for each in signatures]).delete()


def _move_in_tally(moved: list[Signature], before: dict[uuid.UUID, str], country: str) -> None:
    """Country by country in their order, as everybody does who changes it."""
    for code in sorted({country, *before.values()}):
        left = [each for each in moved if before[each.pk] == code]
        Tally.objects.change_for(left, country=code, by=-1)
        if code == country:
            Tally.objects.change_for(moved, country=code, by=1)
