"""From a delivery to its letter, as SMTP carries it. What an office reads is in `letter_body`.

A batch goes to thousands of offices, and composing is most of the work: what letters share is
opened, counted, made and written once, and the rest is put in its place.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.utils.translation import get_language, override

from petitions.delivery.content import open_batch
from petitions.delivery.editions import Edition
from petitions.delivery.files import FileShelf, SignerFiles
from petitions.delivery.head_words import HeadWords
from petitions.delivery.letter_body import Addressee, Body, Letter, addressee
from petitions.delivery.office_pages import page_of, page_url
from petitions.delivery.return_path import return_path
from petitions.delivery.spool import SignersLeft, lay_out, too_large
from petitions.mime import Mail, sender_domain
from petitions.models import Batch, Delivery, OfficeName, Tally, Withdrawal

# Offices of one country and language share an edition, unless they must delete different names.
MOST_EDITIONS = 256


class LetterDesk:
    """Composes letters, best those of one batch one after another."""

    def __init__(self) -> None:
        self._open: OpenBatch | None = None

    def compose(self, delivery: Delivery) -> bytes:
        """The letter of one delivery, as SMTP carries it.

        Raises:
            TooManyDamagedBoxes: too many of its signers' details do not open.
        """
        while True:
            if self._open is None or not self._open.holds(delivery.batch):
                self._open = OpenBatch(delivery.batch)
            try:
                with override(delivery.office.language):
                    mail = self._open.mail_for(delivery)
            except SignersLeft:
                self._open = None
            else:
                return mail.message().as_bytes(linesep="\r\n")


class OpenBatch:
    """What the letters of one batch share."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self._content = open_batch(batch)
        self._files = FileShelf()
        self._total = Tally.objects.by_petition().get(batch.petition_id, 0)
        self._tells_of_withdrawals = Withdrawal.objects.filter(told_in=batch).exists()
        self._names: dict[str, dict[int, OfficeName]] = {}
        self._editions: dict[tuple[object, ...], Edition] = {}

    def holds(self, batch: Batch) -> bool:
        """Not any more where signatures were held since: then another head has what is left."""
        return (self.batch.pk, self.batch.head_id) == (batch.pk, batch.head_id)

    def mail_for(self, delivery: Delivery) -> Mail:
        """Its mail, in the language of the moment."""
        files = self._files.of(self._content, delivery)
        is_downloaded = files is not None and too_large(files)
        if files and is_downloaded:
            lay_out(page_of(delivery), files, self._content, delivery)
        edition = self._edition_of(delivery, files)
        mail = mail_of(delivery, edition.body_to(self._addressee(delivery)))
        mail.known_lines = edition.known_lines
        mail.ready_parts = [file.part for file in files.all] if files and not is_downloaded else []
        return mail

    def _edition_of(self, delivery: Delivery, files: SignerFiles | None) -> Edition:
        office, withdrawn = delivery.office, self._withdrawn(delivery)
        # Words may have changed, if they have been approved anew.
        approved_at = delivery.batch.petition.letters_approved_at
        key = (get_language(), office.country.code, withdrawn, approved_at)
        edition = self._editions.get(key)
        if edition is None:
            if len(self._editions) >= MOST_EDITIONS:
                self._editions.clear()
            letter = self._letter(delivery, files, withdrawn)
            edition = self._editions[key] = Edition(letter)
        return edition

    def _letter(
        self, delivery: Delivery, files: SignerFiles | None, withdrawn: tuple[UUID, ...]
    ) -> Letter:
        batch, office = delivery.batch, delivery.office
        return Letter(
            words=batch.petition.text,
            number=batch.number,
            closed_at=batch.closed_at,
            content=self._content,
            files=files,
            total=self._total,
            withdrawn=withdrawn,
            petition_url=f"{settings.SITE_URL}{batch.petition.get_absolute_url()}",
            head=HeadWords.of(batch),
            language=office.language,
            country=office.country.code or "",
            addressee=self._addressee(delivery),
        )

    def _addressee(self, delivery: Delivery) -> Addressee:
        language = get_language() or ""
        if language not in self._names:
            names = OfficeName.objects.filter(
                language=language, office__deliveries__batch=self.batch
            )
            self._names[language] = {name.office_id: name for name in names}
        named = self._names[language].get(delivery.office_id, delivery.office)
        return addressee(named, page_url=page_url(delivery))

    def _withdrawn(self, delivery: Delivery) -> tuple[UUID, ...]:
        """References in earlier letters to this office whose signers have since withdrawn.

        Asked for each letter: an earlier one may have gone out a moment ago.
        """
        if not self._tells_of_withdrawals:
            return ()
        told_now = Withdrawal.objects.filter(
            told_in=self.batch,
            batch__deliveries__office=delivery.office_id,
            batch__deliveries__state=Delivery.State.SENT,
        )
        return tuple(told_now.order_by("pk").values_list("pk", flat=True))


def mail_of(delivery: Delivery, body: Body) -> Mail:
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
    return mail
