"""What hosted senders post: what became of a letter, and mails that came back.

django-anymail knows what each sender posts and how it proves itself; a post that can't is
answered 400 and reaches nothing here. Only the role `returns` answers at these addresses.
"""

from __future__ import annotations

import logging
from typing import Any

from anymail.inbound import AnymailInboundMessage
from anymail.signals import (
    AnymailInboundEvent,
    AnymailTrackingEvent,
    EventType,
    inbound,
    tracking,
)
from anymail.urls import urlpatterns as addresses_of_all
from django.dispatch import receiver
from django.urls import URLPattern

from petitions.delivery.events import file_event
from petitions.delivery.returned_mail import NotAMail
from petitions.delivery.returns import file_mail
from petitions.models import NotFiled
from petitions.models.clock import database_now

log = logging.getLogger(__name__)

# Those that sign what they post, besides giving the password.
SIGNING = {"mailersend", "mailgun", "mailtrap", "mandrill", "postal", "resend"}


def addresses_of(sender: str) -> list[URLPattern]:
    """Such as mailgun/tracking/ and mailgun/inbound_mime/; none of a sender that is not known."""
    return [
        each
        for each in addresses_of_all
        if str(each.pattern).removeprefix("^").startswith(f"{sender}/")
    ]


def signs(sender: str) -> bool:
    return sender in SIGNING


@receiver(tracking)
def hear_of_a_letter(event: AnymailTrackingEvent, esp_name: str, **_: Any) -> None:
    file_event(event, sender=esp_name)


@receiver(inbound)
def take_a_mail(event: AnymailInboundEvent, **_: Any) -> None:
    """A mail that can't be read is counted: posted again it would be no better."""
    if event.event_type != EventType.INBOUND:
        return
    message: AnymailInboundMessage = event.message
    try:
        file_mail(_bytes_of(message), recipient=message.envelope_recipient or "")
    except NotAMail as fault:
        log.warning("what was posted is no mail: %s", fault)
        NotFiled.objects.add(now=database_now())


def _bytes_of(message: AnymailInboundMessage) -> bytes:
    try:
        raw: bytes = message.as_bytes()
    except (ValueError, LookupError, TypeError) as error:
        raise NotAMail("It can't be written down.") from error
    return raw
