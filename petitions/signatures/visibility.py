"""A signer changes who may see their name. The web process does it, which has no key."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from petitions.models import CarriedDetails, DataCopy, Signature, Tombstone, Visibility
from petitions.signatures.links import lock_signatures_behind
from petitions.signatures.tokens import token_hash
from petitions.signatures.withdraw import ask_offices_to_delete


class NameIsGone(Exception):
    """Who asked to be counted only can't be named again: the name was destroyed, or never kept."""


@transaction.atomic
def change_visibility(
    token: str, *, petition_id: int, visibility: Visibility, now: datetime
) -> None:
    """Change who may see the name under one of the link's signatures; the tally stays.

    What the link does not lead to stays as it is, and so does what is already as wished.

    Raises:
        NameIsGone: the signature is withheld, and that is for good.
    """
    for signature in lock_signatures_behind(token_hash(token)):
        if signature.petition_id == petition_id and signature.visibility != visibility:
            _change(signature, visibility, now=now)


def _change(signature: Signature, visibility: Visibility, *, now: datetime) -> None:
    if signature.visibility == Visibility.WITHHELD:
        raise NameIsGone
    signature.visibility = visibility
    # On the way to "public" an organizer looks at the name before it is shown.
    signature.public_name = ""
    signature.name_hidden = False
    if visibility == Visibility.WITHHELD:
        signature.sig_box = None
        CarriedDetails.objects.filter(signature=signature).delete()
        DataCopy.objects.filter(signature=signature).delete()
        Tombstone.objects.add(Tombstone.Kind.DETAILS, [signature.pk], now=now)
        ask_offices_to_delete([signature], now=now)
    signature.save(update_fields=["visibility", "public_name", "name_hidden", "sig_box"])
