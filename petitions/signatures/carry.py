"""The deliverer seals the details of a signature made with one tap anew, for that signature."""

from __future__ import annotations

import logging

from django.db import transaction

from petitions.models import CarriedDetails, Signature
from petitions.models.sealed import Details, tolerate
from petitions.vault import CannotOpen, VaultError

log = logging.getLogger(__name__)


def carry_details() -> int:
    """Carry all details that are on their way, and say how many arrived.

    Raises:
        TooManyDamagedBoxes, KeysUnavailable: boxes do not open; they stay where they are.
    """
    carried = damaged = 0
    try:
        while (arrived := _carry_one(damaged=damaged, opened=carried)) is not None:
            carried += arrived
            damaged += not arrived
    except VaultError as alarm:
        log.critical("details of signatures do not arrive: %s", alarm)
        raise
    return carried


@transaction.atomic
def _carry_one(*, damaged: int, opened: int) -> bool | None:
    """None where nothing waits. A killed worker's row is free again with its connection.

    The signature is locked first, as withdrawing does it; one that somebody holds comes later.
    """
    waiting = Signature.objects.filter(carried__isnull=False).select_related("carried")
    signature = waiting.select_for_update(skip_locked=True, of=("self",)).first()
    if signature is None:
        return None
    try:
        details = _open(signature.carried)
    except CannotOpen:
        tolerate(damaged=damaged + 1, opened=opened)
        log.error("details for signature %s do not open: quarantined", signature.id)  # noqa: TRY400 - the trace adds nothing
        signature.quarantined = True
    else:
        signature.sig_box = details.seal(
            petition_id=signature.petition_id, signature_id=signature.id
        )
    signature.save(update_fields=["sig_box", "quarantined"])
    signature.carried.delete()
    return not signature.quarantined


def _open(carried: CarriedDetails) -> Details:
    return Details.open(
        bytes(carried.box),
        petition_id=carried.from_petition_id,
        signature_id=carried.from_signature_id,
    )
