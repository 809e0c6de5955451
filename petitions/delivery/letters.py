"""From a delivery to its letter, as SMTP carries it. What an office reads is in `letter_body`."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from django.conf import settings
from django.utils.translation import override

from petitions.delivery.content import BatchContent, open_batch
from petitions.delivery.files import FileShelf, SignerFiles
from petitions.delivery.letter_body import Body, Letter, addressee_of
from petitions.delivery.return_path import return_path
from petitions.mime import Mail, sender_domain
from petitions.models import Delivery, Tally, Withdrawal


class LetterDesk:
    """Composes letters; what letters of one batch share is opened, counted and made once."""

    def __init__(self) -> None:
        self._batch_id = 0
        self._content = BatchContent([], Counter())
        self._files = FileShelf()

    def compose(self, delivery: Delivery) -> bytes:
        """The letter of one delivery, as SMTP carries it.

        Raises:
            TooManyDamagedBoxes: too many of its signers' details do not open.
        """
        if self._batch_id != delivery.batch_id:
            self._content = open_batch(delivery.batch)
            self._files = FileShelf()
            self._batch_id = delivery.batch_id
        with override(delivery.office.language):
            files = self._files.of(self._content, delivery)
            body = letter_of(delivery, self._content, files).body()
            message = mail_of(delivery, body, files).message()
        return message.as_bytes(linesep="\r\n")


def letter_of(delivery: Delivery, content: BatchContent, files: SignerFiles | None) -> Letter:
    batch, office = delivery.batch, delivery.office
    words = batch.petition.text
    return Letter(
        words=words,
        number=batch.number,
        closed_at=batch.closed_at,
        content=content,
        files=files,
        total=Tally.objects.by_petition().get(batch.petition_id, 0),
        withdrawn=withdrawn_since(delivery),
        petition_url=f"{settings.SITE_URL}{batch.petition.get_absolute_url()}",
        language=office.language,
        country=office.country.code or "",
        addressee=addressee_of(office),
    )


def withdrawn_since(delivery: Delivery) -> list[UUID]:
    """References in earlier letters to this office whose signers have since withdrawn."""
    told_now = Withdrawal.objects.filter(
        told_in=delivery.batch,
        batch__deliveries__office=delivery.office,
        batch__deliveries__state=Delivery.State.SENT,
    )
    return list(told_now.order_by("pk").values_list("pk", flat=True))


def mail_of(delivery: Delivery, body: Body, files: SignerFiles | None) -> Mail:
    mail = Mail(
        subject=body.subject,
        body=body.text,
        from_email=settings.LETTER_FROM,
        to=[delivery.office.email],
        # A person's answer then finds its delivery as a bounce does.
        reply_to=[return_path(delivery)],
        headers={
            "Message-ID": delivery.message_id,
            # By which an office can file our letters: RFC 2919.
            "List-Id": f"<letters.{sender_domain(settings.LETTER_FROM)}>",
            # No answering machine answers: RFC 3834.
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(body.html, "text/html")
    mail.ready_parts = [file.part for file in files.all] if files else []
    return mail
