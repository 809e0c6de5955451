from __future__ import annotations

from petitions.exports.details import open_or_none
from petitions.models import Signature
from petitions.models.sealed import Details
from petitions.vault import KeysUnavailable


def opened(signature: Signature) -> Details | None:
    """What a signer wrote; None where nothing was kept, or the keys here do not open it."""
    if signature.sig_box is None:
        return None
    try:
        return open_or_none(
            bytes(signature.sig_box), petition_id=signature.petition_id, signature_id=signature.pk
        )
    except KeysUnavailable:
        return None
