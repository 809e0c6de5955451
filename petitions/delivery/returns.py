"""What came back to letters: filed once, with its delivery; a hard bounce stops its office.

It comes by three ways: a mail server pipes it in (`manage.py receive_mail`), it is fetched from an
IMAP folder (imap.py), or a hosted sender posts it (events.py, and inbound mails).
"""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from datetime import datetime

from django.db import transaction

from petitions.delivery.return_path import delivery_of
from petitions.delivery.returned_mail import Reading, Verdict, read
from petitions.models import Delivery, Erasure, NotFiled, Office, Returned
from petitions.models.clock import database_now, this_hour
from petitions.models.returned import KEPT_FOR
from petitions.models.sealed import ReturnedMail

log = logging.getLogger(__name__)
Kind, State = Returned.Kind, Delivery.State

# Mail servers take larger ones seldom; Postfix's own limit is 10 MB.
LARGEST = 32 * 1024 * 1024


def file_mail(raw: bytes, *, recipient: str = "") -> Returned | None:
    """File a mail that a mail server hands over; `recipient` is its envelope's, where known.

    Filing the same mail again changes nothing. None: so many came that it was only counted.

    Raises:
        NotAMail: there is nothing to file.
        KeysUnavailable: it can't be sealed.
    """
    reading = read(raw)
    delivery = find_delivery([recipient, *reading.recipients], reading.message_ids)
    return file_once(
        ReturnedMail(reading.sender, reading.subject, reading.text, reading.attachments),
        reading.verdict,
        delivery,
        fingerprint=_fingerprint(reading, delivery),
    )


@transaction.atomic
def file_once(
    mail: ReturnedMail,
    verdict: Verdict,
    delivery: Delivery | None,
    *,
    fingerprint: bytes,
    address: str = "",
) -> Returned | None:
    """File what came back, unless it is known, and do what it asks for.

    `address` is the one that it is about, where it says so; else the one that the letter went to.
    """
    known = Returned.objects.filter(fingerprint=fingerprint).first()
    if known is not None:
        return known
    now = database_now()
    if Returned.objects.are_enough(verdict.kind, of=delivery):
        log.warning("a mail that came back was only counted: too many are here")
        NotFiled.objects.add(now=now)
        return None
    pk = uuid.uuid4()
    contents = {
        "id": pk,
        "kind": verdict.kind,
        "delivery": delivery,
        "received_hour": this_hour(now),
        "status": verdict.status,
        "words": verdict.words,
        "box": mail.seal(returned_id=pk),
    }
    returned, is_new = Returned.objects.get_or_create(fingerprint=fingerprint, defaults=contents)
    if is_new:
        log.info("returned mail %s: %s", returned.pk, returned.kind)
    if is_new and delivery and returned.kind in {Kind.HARD, Kind.SPAM}:
        _stop(delivery, returned, address=address or delivery.sent_to)
    return returned


def find_delivery(addresses: list[str], message_ids: list[str]) -> Delivery | None:
    """By an address that only we can make, else by a Message-ID that only its reader knows."""
    ids = [pk for address in addresses if (pk := delivery_of(address))]
    deliveries = Delivery.objects.select_related("office")
    by_address = deliveries.filter(pk__in=ids[:1]).first()
    return by_address or deliveries.filter(message_id__in=message_ids).first()


def erase_returned_mails(*, now: datetime) -> int:
    """Erase what came back half a year ago, and after a month what belongs to no letter."""
    mails, _ = Returned.objects.expired(now=now).delete()
    counts, _ = NotFiled.objects.filter(hour__lte=now - KEPT_FOR).delete()
    return Erasure.objects.note({Erasure.Rule.RETURNED: mails}, now=now) + counts


def _fingerprint(reading: Reading, delivery: Delivery | None) -> bytes:
    """Of what is filed and what a mail says of itself. Not of its bytes: each way of coming adds
    header fields, ends lines or draws borders between parts as it likes."""
    marks = [
        str(delivery.pk if delivery else ""),
        reading.own_id,
        reading.date,
        reading.sender,
        reading.subject,
        " ".join(reading.text.split()),
        reading.verdict.status,
        reading.verdict.words,
    ]
    return hashlib.sha256(json.dumps(marks).encode()).digest()


def _stop(delivery: Delivery, returned: Returned, *, address: str) -> None:
    """No more letters to this office until an organizer has looked; this one was not delivered.

    An address that was corrected meanwhile stops nothing: the new one may be right.
    """
    words = " ".join(filter(None, [returned.status, returned.words]))
    is_current = not address or address.lower() == delivery.office.email.lower()
    if returned.kind == Kind.HARD:
        _fail(delivery, words, is_current=is_current)
    office = Office.objects.filter(pk=delivery.office_id, active=True)
    if address:
        office = office.filter(email__iexact=address)
    stopped = office.update(active=False, stopped_because=words or returned.get_kind_display())
    if stopped:
        log.warning("office %s is stopped: its mail server refused a letter", delivery.office_id)


def _fail(delivery: Delivery, words: str, *, is_current: bool) -> None:
    """Whatever state the letter is in: a relay on the same machine reports a failure sooner than
    the worker notes that it took the letter. But one on its way to a new address goes on."""
    failing = Delivery.objects.filter(pk=delivery.pk).exclude(state=State.FAILED)
    if not is_current:
        failing = failing.exclude(state__in=[State.READY, State.SENDING])
    failing.move(state=State.FAILED, lease_until=None, reply=words)
