"""What an office reads: the letter that signers put their names to, their number, their names.

The office's own country comes first. Each signer is named only as their visibility allows; who
wants to be counted only is in the numbers and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override
from django_countries import countries

from petitions.alphabets import alphabetical
from petitions.delivery.content import BatchContent, open_batch
from petitions.delivery.files import FileShelf, SignerFiles
from petitions.delivery.office_pages import page_of, page_url
from petitions.delivery.return_path import return_path
from petitions.delivery.spool import SignersLeft, lay_out, too_large
from petitions.mime import Mail, sender_domain
from petitions.models import Delivery, Office, Tally, Withdrawal
from petitions.models.office_page import FILES_LIFE


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
        while True:
            if self._batch_id != delivery.batch_id:
                self._content = open_batch(delivery.batch)
                self._files = FileShelf()
                self._batch_id = delivery.batch_id
            try:
                return self._write(delivery)
            except SignersLeft:
                self._batch_id = 0

    def _write(self, delivery: Delivery) -> bytes:
        with override(delivery.office.language):
            files = self._files.of(self._content, delivery)
            if files and too_large(files):
                lay_out(page_of(delivery), files, self._content, delivery)
            message = Letter(delivery, self._content, files).mail().message()
        return message.as_bytes(linesep="\r\n")


@dataclass(frozen=True)
class Letter:
    delivery: Delivery
    content: BatchContent
    files: SignerFiles | None

    def mail(self) -> Mail:
        text = self.delivery.batch.petition.text
        context = {"letter": self, "text": text, "salutation": self.salutation}
        mail = Mail(
            subject=text.letter_subject,
            body=render_to_string("letter/letter.txt", context),
            from_email=settings.LETTER_FROM,
            to=[self.office.email],
            # A person's answer then finds its delivery as a bounce does.
            reply_to=[return_path(self.delivery)],
            headers={
                "Message-ID": self.delivery.message_id,
                # By which an office can file our letters: RFC 2919.
                "List-Id": f"<letters.{sender_domain(settings.LETTER_FROM)}>",
                # No answering machine answers: RFC 3834.
                "Auto-Submitted": "auto-generated",
            },
        )
        mail.attach_alternative(render_to_string("letter/letter.html", context), "text/html")
        attached = self.files.all if self.files and not self.is_downloaded else []
        mail.ready_parts = [file.part for file in attached]
        return mail

    @property
    def is_downloaded(self) -> bool:
        """Whether its files are too large for a mail, and lie on the office's page."""
        return self.files is not None and too_large(self.files)

    @cached_property
    def page_url(self) -> str:
        return page_url(self.delivery)

    @property
    def download_days(self) -> int:
        return FILES_LIFE.days

    @property
    def office(self) -> Office:
        return self.delivery.office

    @property
    def salutation(self) -> str:
        return self.delivery.batch.petition.text.salutation_to(self.office.named.name)

    @property
    def own_country(self) -> int:
        """New signers from the office's own country; 0 for an international office."""
        return self.content.by_country[self.office.country.code or ""]

    @cached_property
    def total(self) -> int:
        """All signatures of the petition so far."""
        return Tally.objects.by_petition().get(self.delivery.batch.petition_id, 0)

    @property
    def countries(self) -> list[tuple[str, int]]:
        """The batch's countries by name, most signers first."""
        named = [(countries.name(code), count) for code, count in self.content.by_country.items()]
        return sorted(named, key=lambda each: (-each[1], alphabetical(each[0])))

    @cached_property
    def withdrawn(self) -> list[UUID]:
        """References in earlier letters to this office whose signers have since withdrawn."""
        told_now = Withdrawal.objects.filter(
            told_in=self.delivery.batch,
            batch__deliveries__office=self.office,
            batch__deliveries__state=Delivery.State.SENT,
        )
        return list(told_now.order_by("pk").values_list("pk", flat=True))

    @property
    def petition_url(self) -> str:
        return f"{settings.SITE_URL}{reverse('petition', args=[self.delivery.batch.petition.slug])}"
