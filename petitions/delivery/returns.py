"""What came back to letters: filed once, with its delivery; a hard bounce stops its office."""

from __future__ import annotations

import hashlib
import logging
import uuid
from typing import Any

from django.db import transaction

from petitions.delivery.return_path import delivery_of
from petitions.delivery.returned_mail import Reading, read
from petitions.models import Delivery, Office, Returned
from petitions.models.clock import database_now, this_hour
from petitions.models.sealed import ReturnedMail

log = logging.getLogger(__name__)


@transaction.atomic
def file_mail(raw: bytes, *, recipient: str = "") -> Returned:
    """File a mail that a mail server hands over; `recipient` is its envelope's, where known.

    Filing the same bytes again changes nothing.

    Raises:
        NotAMail: there is nothing to file.
        KeysUnavailable: it can't be sealed.
    """
    reading = read(raw)
    fingerprint = hashlib.sha256(raw).digest()
    returned, is_new = Returned.objects.get_or_create(
        fingerprint=fingerprint, defaults=_contents(reading, recipient)
    )
    if is_new:
        log.info("returned mail %s: %s", returned.pk, returned.kind)
    if is_new and returned.kind == Returned.Kind.HARD and returned.delivery:
        _stop(returned.delivery, returned)
    return returned


def _contents(reading: Reading, recipient: str) -> dict[str, Any]:
    pk = uuid.uuid4()
    mail = ReturnedMail(reading.sender, reading.subject, reading.text, reading.attachments)
    return {
        "id": pk,
        "kind": reading.verdict.kind,
        "delivery": find_delivery([recipient, *reading.recipients], reading.message_ids),
        "received_hour": this_hour(database_now()),
        "status": reading.verdict.status,
        "words": reading.verdict.words,
        "box": mail.seal(returned_id=pk),
    }


def find_delivery(addresses: list[str], message_ids: list[str]) -> Delivery | None:
    """By an address that only we can make, else by a Message-ID that only its reader knows."""
    ids = [pk for address in addresses if (pk := delivery_of(address))]
    by_address = Delivery.objects.filter(pk__in=ids[:1]).first()
    return by_address or Delivery.objects.filter(message_id__in=message_ids).first()


def _stop(delivery: Delivery, returned: Returned) -> None:
    """No more letters to this office until an organizer has looked; this one was not delivered.

    Whatever state the letter is in: a relay on the same machine reports a failure sooner than the
    worker notes that it took the letter.
    """
    words = " ".join(filter(None, [returned.status, returned.words]))
    Delivery.objects.filter(pk=delivery.pk).exclude(state=Delivery.State.FAILED).move(
        state=Delivery.State.FAILED, lease_until=None, reply=words
    )
    stopped = Office.objects.filter(pk=delivery.office_id, active=True).update(
        active=False, stopped_because=words or returned.get_kind_display()
    )
    if stopped:
        log.warning("office %s is stopped: its mail server refused a letter", delivery.office_id)
