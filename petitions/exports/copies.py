"""The deliverer makes the copies that signers asked for, each sealed to whoever asked.

A copy holds all that is stored about one signature. It lies here sealed to a key whose private
half nobody keeps (signatures/copies.py), and is erased after a day.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from django.db import transaction
from django.utils.translation import gettext, override

from petitions.models import Answer, DataCopy, Delivery, Signature
from petitions.models.data_copy import copy_context
from petitions.models.sealed import Openings
from petitions.vault import CannotOpen, VaultError, seal_to_holder

log = logging.getLogger(__name__)


def make_copies() -> int:
    """Make all copies that wait, and say how many.

    Raises:
        TooManyDamagedBoxes, KeysUnavailable: details do not open; the copies go on waiting.
    """
    openings = Openings()
    try:
        while _make_one(openings):
            pass
    except VaultError as alarm:
        log.critical("no copies of data are made: %s", alarm)
        raise
    return openings.opened + openings.damaged


@transaction.atomic
def _make_one(openings: Openings) -> bool:
    """False where nothing waits. A killed worker's row is free again with its connection."""
    waiting = DataCopy.objects.to_be_made().select_for_update(skip_locked=True, of=("self",))
    copy = waiting.order_by("pk").first()
    if copy is None:
        return False
    signature = Signature.objects.select_related("petition", "batch").get(pk=copy.pk)
    with override(signature.language):
        content, opens = content_of(signature)
    openings.add(opens=opens)
    copy.box = seal_to_holder(
        json.dumps(content, ensure_ascii=False).encode(),
        public_bytes=bytes(copy.public_key),
        context=copy_context(copy.pk),
    )
    copy.save(update_fields=["box"])
    return True


def content_of(signature: Signature) -> tuple[dict[str, Any], bool]:
    """All that is stored of it, in the language of the moment; False where its box is damaged."""
    details, opens = _details(signature)
    return _about(signature) | details, opens


def _details(signature: Signature) -> tuple[dict[str, Any], bool]:
    """What the signer typed, or words that say why it is not there."""
    if hasattr(signature, "carried"):
        return {"note": gettext("Your details are on their way to this signature.")}, True
    try:
        details = signature.open_details()
    except CannotOpen:
        log.error("signature %s does not open for a copy", signature.pk)  # noqa: TRY400 - the trace adds nothing
        return {"note": gettext("What you typed is damaged and can’t be opened.")}, False
    if details is None:
        return {"note": gettext("No name, postcode or comment is stored.")}, True
    return vars(details), True


def _about(signature: Signature) -> dict[str, Any]:
    batch = signature.batch
    return {
        "petition": signature.petition.slug,
        "country": signature.country.code,
        "visibility": signature.visibility,
        "name_on_the_site": signature.public_name,
        "taken_out_of_the_count": signature.hold_id is not None,
        "mark_of_a_crowd": bytes(signature.crowd or b"").hex(),
        "restricted": signature.restricted,
        "language": signature.language,
        "consent_version": signature.consent_version,
        "source": signature.source,
        "confirmed_hour": signature.confirmed_hour.isoformat(),
        "mark_of_address": bytes(signature.index or b"").hex(),
        "mark_of_look_alikes": bytes(signature.look_alike or b"").hex(),
        "letter": batch and batch.number,
        "offices": [_office(each) for each in _deliveries(signature)],
    }


def _deliveries(signature: Signature) -> list[Delivery]:
    deliveries = Delivery.objects.filter(batch=signature.batch_id).select_related("office")
    return list(deliveries.prefetch_related("answers").order_by("office"))


def _office(delivery: Delivery) -> dict[str, Any]:
    sent_at = delivery.sent_at
    return {
        "office": str(delivery.office),
        "country": delivery.office.country.code or "",
        "state": delivery.state,
        "sent_at": sent_at and sent_at.isoformat(),
        "answers": [_answer(each) for each in delivery.answers.all() if each.public],
    }


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "date": answer.answered_on.isoformat(),
        "language": answer.language,
        "text": answer.body,
    }
