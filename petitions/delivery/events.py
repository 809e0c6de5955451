"""What a hosted sender tells of a letter that it took: refused, put off, reported as spam.

It may send mails to supporters too, and tells of those alike: what is about no letter of ours is
forgotten at once, with the address in it.
"""

from __future__ import annotations

import hashlib
import json

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason

from petitions.delivery.returned_mail import (
    ADDRESS,
    IDS_READ,
    MESSAGE_ID,
    TEXT_BYTES,
    WORDS_SHOWN,
    Verdict,
    judge_words,
)
from petitions.delivery.returns import file_once, find_delivery
from petitions.models import Delivery, Returned
from petitions.models.sealed import ReturnedMail

Kind = Returned.Kind

# Why a sender does not even try: the next letter to this address would fare no better.
FOR_GOOD = {
    RejectReason.INVALID,
    RejectReason.BOUNCED,
    RejectReason.SPAM,
    RejectReason.UNSUBSCRIBED,
}


def file_event(event: AnymailTrackingEvent, *, sender: str) -> Returned | None:
    """File what `sender` tells, if it is about a letter and no mere progress; once.

    Raises:
        KeysUnavailable: it can't be sealed.
    """
    verdict = _judge(event)
    delivery = _delivery_of(event) if verdict else None
    if verdict is None or delivery is None:
        return None
    return file_once(
        ReturnedMail(sender=sender, subject=event.event_type, text=verdict.words),
        verdict,
        delivery,
        fingerprint=_fingerprint(event, verdict, delivery, sender),
        address=event.recipient or "",
    )


def _judge(event: AnymailTrackingEvent) -> Verdict | None:
    """What it means for us; None of what is no news, such as that a letter arrived."""
    words = _words(event)
    match event.event_type:
        case EventType.BOUNCED | EventType.REJECTED | EventType.FAILED:
            is_for_good = event.reject_reason in FOR_GOOD
            said = judge_words(words, otherwise=Kind.HARD if is_for_good else Kind.SOFT)
            return Verdict(said.kind, said.status, words)
        case EventType.DEFERRED:
            return Verdict(Kind.SOFT, judge_words(words, otherwise=Kind.SOFT).status, words)
        case EventType.COMPLAINED | EventType.UNSUBSCRIBED:
            return Verdict(Kind.SPAM, "", words)
        case EventType.AUTORESPONDED:
            return Verdict(Kind.AUTO, "", words)
    return None


def _words(event: AnymailTrackingEvent) -> str:
    said = str(event.mta_response or event.description or "")
    return " ".join(said.replace("\0", " ").split())[:WORDS_SHOWN]


def _delivery_of(event: AnymailTrackingEvent) -> Delivery | None:
    """Each sender has its own place for our Message-ID and return path; some number mails anew."""
    bare = str(event.message_id or "").strip("<>")
    told = json.dumps(event.esp_event, default=str)[:TEXT_BYTES]
    ids = [f"<{bare}>", *MESSAGE_ID.findall(told)]
    return find_delivery(ADDRESS.findall(told)[:IDS_READ], ids[:IDS_READ])


def _fingerprint(
    event: AnymailTrackingEvent, verdict: Verdict, delivery: Delivery, sender: str
) -> bytes:
    """One event, however often it is posted; of a try's delays with the same status one."""
    if verdict.kind == Kind.SOFT:
        own = [str(delivery.tries), verdict.status]
    else:
        own = [str(event.event_id or ""), str(event.timestamp or "")]
    marks = ["event", sender, str(delivery.pk), event.event_type, *own]
    return hashlib.sha256(json.dumps(marks).encode()).digest()
