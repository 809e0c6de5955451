"""A signer asks for a copy of their data, although the web process can open nothing.

It derives a key pair from the secret in the signer's link and keeps the public half; the deliverer
seals the copy to it (exports/copies.py); with the secret the signer comes back, and only then can
the copy be opened. See docs/decisions/0010-what-a-receipt-shows.md.
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from petitions.models import DataCopy, NewsSubscriber, Petition, Signature
from petitions.models.clock import this_hour
from petitions.models.data_copy import copy_context
from petitions.signatures.links import (
    lock_signatures_behind,
    signatures_behind,
    subscriptions_behind,
)
from petitions.signatures.tokens import token_hash
from petitions.vault import CannotOpen, HolderKey


@transaction.atomic
def ask_for_copy(token: str, *, now: datetime) -> None:
    """Ask for a copy of what is stored about each of the link's signatures.

    It takes the place of an older copy, which may be damaged, or another mail's link's to open.
    """
    signatures = lock_signatures_behind(token_hash(token))
    DataCopy.objects.filter(signature__in=signatures).delete()
    DataCopy.objects.bulk_create(_wish(token, signature, now=now) for signature in signatures)


def open_copy(token: str) -> dict[str, Any] | None:
    """All that the link leads to; None while a signature's part is still to be made.

    A part that does not open says so.
    """
    withdraw_hash = token_hash(token)
    signatures = signatures_behind(withdraw_hash).select_related("petition", "data_copy")
    copies = [getattr(signature, "data_copy", None) for signature in signatures]
    if not copies or not all(copy and copy.box for copy in copies):
        return None
    return {
        "signatures": [_open(token, copy) for copy in copies if copy],
        "news": [_about_news(each) for each in subscriptions_behind(withdraw_hash)],
    }


def _about_news(subscriber: NewsSubscriber) -> dict[str, Any]:
    return {
        "address": gettext("The one that our mail with your link went to; it is sealed here."),
        "mark_of_address": bytes(subscriber.index).hex(),
        "language": subscriber.language,
        "country": subscriber.country,
        "petitions": _slugs(subscriber.petition_ids),
        "consent_version": subscriber.consent_version,
        "confirmed_hour": subscriber.confirmed_hour.isoformat(),
    }


def _slugs(petition_ids: list[int]) -> list[str]:
    petitions = Petition.objects.filter(pk__in=petition_ids)
    return list(petitions.values_list("slug", flat=True))


def _wish(token: str, signature: Signature, *, now: datetime) -> DataCopy:
    return DataCopy(
        signature=signature,
        public_key=_key(token, signature.pk).public_bytes(),
        created_hour=this_hour(now),
    )


def _open(token: str, copy: DataCopy) -> dict[str, Any]:
    try:
        content = json.loads(_key(token, copy.signature_id).open(bytes(copy.box or b"")))
        return {"reference": str(copy.signature_id), **content}
    except (CannotOpen, ValueError, TypeError, RecursionError):
        return {
            "reference": str(copy.signature_id),
            "problem": gettext(
                "This copy was damaged, or made for another link. Please ask for a new one."
            ),
        }


def _key(token: str, signature_id: uuid.UUID) -> HolderKey:
    return HolderKey.of(token, copy_context(signature_id))
