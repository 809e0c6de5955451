"""Opening a signer's details where one damaged box must not stop the rest."""

from __future__ import annotations

import uuid

from petitions.models.sealed import Details
from petitions.vault import CannotOpen


def open_or_none(box: bytes, *, petition_id: int, signature_id: uuid.UUID) -> Details | None:
    """A signer's details; None where the box does not open.

    Raises:
        KeysUnavailable: the key that lies here is not the campaign's; no box would open.
    """
    try:
        return Details.open(box, petition_id=petition_id, signature_id=signature_id)
    except CannotOpen:
        return None
