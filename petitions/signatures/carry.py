"""The deliverer seals the details of a signature made with one tap anew, for that signature."""

from __future__ import annotations

import logging

from django.db import transaction

from petitions.models import CarriedDetails, Signature
from petitions.models.sealed import Details, Openings
from petitions.vault import CannotOpen, VaultError

log = logging.getLogger(__name__)


def carry_details() -> int:
    """Carry all details that are on their way, and say how many arrived.

    Raises:
        TooManyDamagedBoxes, KeysUnavailable: boxes do not open; they stay where they are.
    """
    openings = Openings()
    try:
        while _carry_one(openings):
            pass
    except VaultError as alarm:
        log.critical("details of signatures do not arrive: %s", alarm)
        raise
    return openings.opened


@transaction.atomic
def _carry_one(openings: Openings) -> bool:
    """False where nothing waits. A killed worker's row is free again with its connection.

    The signature is locked first, as withdrawing does it; one that somebody holds comes later.
    """
    waiting = Signature.objects.filter(carried__isnull=False).select_related("carried")
    signature = waiting.select_for_update(skip_locked=True, of=("self",)).first()
    if signature is None:
        return False
    try:
        details = _open(signature.carried)
    except CannotOpen:
        openings.add(opens=False)
        log.error("details for signature %s do not open: quarantined", signature.id)  # noqa: TRY400 - the trace adds nothing
        signature.quarantined = True
    else:
        openings.add(opens=True)
        signature.sig_box = details.seal(
            petition_id=signature.petition_id, signature_id=signature.id
        )
    signature.save(update_fields=["sig_box", "quarantined"])
    signature.carried.delete()
    return True


def _open(carried: CarriedDetails) -> Details:
    return Details.open(
        bytes(carried.box),
        petition_id=carried.from_petition_id,
        signature_id=carried.from_signature_id,
    )
