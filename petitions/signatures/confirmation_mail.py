"""The mailer: finds waiting sign requests and sends each its confirmation mail.

PostgreSQL is the queue: a row waits while `mail_due_at` lies in the past. A worker claims rows by
moving that time by a lease, so that a row whose worker was killed comes up again by itself.
"""

from __future__ import annotations

import logging
import smtplib
import time
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override

from petitions.mime import Mail, sender_domain
from petitions.models import Petition, SignRequest
from petitions.models.clock import database_now, jitter
from petitions.models.sealed import Mailing, Openings
from petitions.signatures.addresses import (
    domain_key,
    look_alike_index,
    mail_key,
    news_index,
    signature_index,
)
from petitions.signatures.caps import book_mail, mails_an_hour
from petitions.signatures.domains import domain_of, is_disposable
from petitions.signatures.flood import mails_must_be_held
from petitions.signatures.tokens import message_name
from petitions.vault import CannotOpen, VaultError

log = logging.getLogger(__name__)

CLAIM = 20
# While hardly anybody answers our mails, a tick sends so many, and that's it.
HELD = 5
LEASE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=1)
PERMANENT = 500  # RFC 5321, section 4.2.1
NETWORK_FAULTS = (smtplib.SMTPException, OSError)


def send_confirmation_mails(*, seconds: float = 60) -> int:
    """Send what waits, for at most about `seconds`, and say how many mails went out.

    Raises:
        TooManyDamagedBoxes, KeysUnavailable: rows do not open; they stay queued.
    """
    run = _Run()
    held = mails_must_be_held()
    ends_at = time.monotonic() + seconds
    try:
        while (requests := _claim(HELD if held else CLAIM)) and time.monotonic() < ends_at:
            for request in requests:
                run.handle(request)
            if held:
                break
    except VaultError as alarm:
        log.critical("no confirmation mails go out: %s", alarm)
        raise
    finally:
        run.connection.close()
        if run.sent:
            log.info("%s confirmation mails sent", run.sent)
    return run.sent


class _Run:
    """One connection to the relay, and what happened over it."""

    def __init__(self) -> None:
        self.connection = EmailBackend()
        self.sent = 0
        self.openings = Openings()

    def handle(self, request: SignRequest) -> None:
        mailing = self.open(request)
        if mailing is None:
            return
        if not _admit(request, mailing):
            return
        try:
            self.connection.send_messages([compose_mail(request, mailing)])
        except NETWORK_FAULTS as fault:
            self.connection.close()
            _settle_fault(request, fault)
        else:
            self.sent += 1
            _settle(request)

    def open(self, request: SignRequest) -> Mailing | None:
        assert request.mail_box is not None  # noqa: S101 - only such rows are claimed
        try:
            mailing = Mailing.open(bytes(request.mail_box), request_id=request.id)
        except CannotOpen:
            self.openings.add(opens=False)
            log.error("sign request %s does not open: quarantined", request.id)  # noqa: TRY400 - the trace adds nothing
            _quarantine(request)
            return None
        self.openings.add(opens=True)
        return mailing


@transaction.atomic
def _claim(number: int) -> list[SignRequest]:
    now = database_now()
    waiting = SignRequest.objects.waiting_for_mail(now=now).filter(mail_box__isnull=False)
    requests = list(waiting.select_for_update(skip_locked=True)[:number])
    SignRequest.objects.filter(pk__in=[request.pk for request in requests]).update(
        mail_due_at=now + LEASE, mail_tries=F("mail_tries") + 1
    )
    return requests


def _admit(request: SignRequest, mailing: Mailing) -> bool:
    """Write the blind indexes and book the mail; False where it must wait or is one too many."""
    if request.indexes is not None:
        return True
    now = database_now()
    key = mail_key(mailing.address)
    with transaction.atomic():
        at = book_mail(
            address_key=key,
            domain_key=domain_key(mailing.address),
            domain_an_hour=mails_an_hour(domain_of(mailing.address)),
            petition_ids=request.petition_ids,
            now=now,
        )
        if at is None:
            request.delete()
            return False
        _write_indexes(request, mailing.address)
        if at > now:
            SignRequest.objects.filter(pk=request.pk).update(mail_due_at=at)
    return at == now


def _write_indexes(request: SignRequest, address: str) -> None:
    request.indexes = [signature_index(each, address) for each in request.petition_ids]
    request.look_alikes = [look_alike_index(each, address) for each in request.petition_ids]
    request.news_index = news_index(address) if request.news_box else None
    request.disposable = is_disposable(domain_of(address))
    _write_indexes_of_others(request, address)
    request.save(
        update_fields=[
            "indexes",
            "look_alikes",
            "news_index",
            "disposable",
            "other_petition_ids",
            "other_indexes",
            "other_look_alikes",
        ]
    )


def _write_indexes_of_others(request: SignRequest, address: str) -> None:
    """For the other asks, which the signer may sign after confirming: nobody knows the address
    by then.
    """
    open_ids = Petition.objects.open().values_list("pk", flat=True)
    others = [each for each in open_ids if each not in request.petition_ids]
    request.other_petition_ids = others
    request.other_indexes = [signature_index(each, address) for each in others]
    request.other_look_alikes = [look_alike_index(each, address) for each in others]


def compose_mail(request: SignRequest, mailing: Mailing) -> Mail:
    """The mail. It names no petition, and holds nothing that was typed into the form."""
    sender = settings.DEFAULT_FROM_EMAIL
    with override(request.language):
        not_me_url = settings.SITE_URL + reverse("not-me", args=[mailing.withdraw_token])
        context = {
            "confirm_url": settings.SITE_URL + reverse("confirm", args=[mailing.confirm_token]),
            "receipt_url": settings.SITE_URL + reverse("receipt", args=[mailing.withdraw_token]),
            "expires_at": request.expires_at,
        }
        mail = Mail(
            subject=render_to_string("mail/confirmation.subject.txt").strip(),
            body=render_to_string("mail/confirmation.txt", context),
            from_email=sender,
            to=[mailing.address],
            headers={
                # The same where it goes again, since nobody said whether it was taken: mail servers
                # and programs may then show it once.
                "Message-ID": f"<{message_name(mailing.confirm_token)}@{sender_domain(sender)}>",
                "Auto-Submitted": "auto-generated",
                # A mail program's own button: RFC 8058.
                "List-Unsubscribe": f"<{not_me_url}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )
        mail.attach_alternative(render_to_string("mail/confirmation.html", context), "text/html")
    return mail


def _settle(request: SignRequest) -> None:
    """Nothing more to send: forget the address."""
    SignRequest.objects.filter(pk=request.pk).update(mail_box=None, mail_due_at=None)


def _settle_fault(request: SignRequest, fault: Exception) -> None:
    if _names_this_mail(fault) and all(code >= PERMANENT for code in _reply_codes(fault)):
        log.info("a confirmation mail was refused for good")
        _settle(request)
        return
    # No id: with the log's time it would tell when a later signature was asked for.
    log.warning("a confirmation mail will be tried again: %s", type(fault).__name__)
    SignRequest.objects.filter(pk=request.pk).update(
        mail_due_at=database_now() + _pause_after(request.mail_tries)
    )


def _names_this_mail(fault: Exception) -> bool:
    """Whether the relay refused this mail, and not everything (a login, a greeting)."""
    return isinstance(fault, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError)


def _reply_codes(fault: Exception) -> Iterator[int]:
    match fault:
        case smtplib.SMTPRecipientsRefused():
            yield from (code for code, _ in fault.recipients.values())
        case smtplib.SMTPResponseException():
            yield fault.smtp_code


def _pause_after(tries: int) -> timedelta:
    """30 s, 1 min, 2 min … an hour, with some jitter so that rows do not come up together."""
    pause = min(timedelta(seconds=30) * (1 << min(tries, 10)), LONGEST_PAUSE)
    return pause * jitter()


def _quarantine(request: SignRequest) -> None:
    SignRequest.objects.filter(pk=request.pk).update(quarantined=True, mail_due_at=None)
