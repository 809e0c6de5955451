"""What an office reads: the letter that signers put their names to, their number, their names.

The office's own country comes first. Each signer is named only as their visibility allows; who
wants to be counted only is in the numbers and nowhere else.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext, override
from django_countries import countries

from petitions.alphabets import alphabetical
from petitions.delivery.return_path import return_path
from petitions.mime import Mail, sender_domain
from petitions.models import Batch, Delivery, Office, Signature, Tally, Visibility, Withdrawal
from petitions.models.sealed import Details, tolerate
from petitions.spreadsheets import csv_line
from petitions.vault import CannotOpen

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Signer:
    reference: UUID
    country: str
    details: Details


@dataclass(frozen=True)
class BatchContent:
    """A batch as it can be told to an office: those who may be named, and all by country."""

    signers: list[Signer]
    by_country: Counter[str]

    @property
    def size(self) -> int:
        return self.by_country.total()

    @property
    def counted_only(self) -> int:
        return self.size - len(self.signers)

    def signers_of(self, country: str) -> list[Signer]:
        return [signer for signer in self.signers if signer.country == country]


class LetterDesk:
    """Composes letters; what letters of one batch share is opened and counted once."""

    def __init__(self) -> None:
        self._batch_id = 0
        self._content = BatchContent([], Counter())

    def compose(self, delivery: Delivery) -> bytes:
        """The letter of one delivery, as SMTP carries it.

        Raises:
            TooManyDamagedBoxes: too many of its signers' details do not open.
        """
        if self._batch_id != delivery.batch_id:
            self._content = open_batch(delivery.batch)
            self._batch_id = delivery.batch_id
        with override(delivery.office.language):
            message = Letter(delivery, self._content).mail().message()
        return message.as_bytes(linesep="\r\n")


def open_batch(batch: Batch) -> BatchContent:
    """Open a batch's signatures; one that does not open is counted, quarantined and not named.

    Raises:
        TooManyDamagedBoxes: more than one, and more than one in a thousand.
    """
    signers: list[Signer] = []
    damaged: list[UUID] = []
    by_country: Counter[str] = Counter()
    for signature in Signature.objects.filter(batch=batch).order_by("country", "id").iterator():
        by_country[signature.country.code] += 1
        try:
            details = signature.open_details()
        except CannotOpen:
            damaged.append(signature.id)
        else:
            if details and signature.visibility != Visibility.WITHHELD:
                signers.append(Signer(signature.id, signature.country.code, details))
    tolerate(damaged=len(damaged), opened=by_country.total() - len(damaged))
    _quarantine(damaged)
    return BatchContent(signers, by_country)


def _quarantine(damaged: list[UUID]) -> None:
    for signature_id in damaged:
        log.error("signature %s does not open: quarantined", signature_id)
    Signature.objects.filter(pk__in=damaged).update(quarantined=True)


@dataclass(frozen=True)
class Letter:
    delivery: Delivery
    content: BatchContent

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
        if self.content.signers:
            mail.attach(self.csv_name, "".join(self.csv_lines()).encode("utf-8-sig"), "text/csv")
        return mail

    @property
    def office(self) -> Office:
        return self.delivery.office

    @property
    def salutation(self) -> str:
        return self.delivery.batch.petition.text.salutation_to(self.office.named.name)

    @property
    def csv_name(self) -> str:
        return f"signers-{self.delivery.batch.petition.slug}-{self.delivery.batch.number}.csv"

    def csv_lines(self) -> Iterator[str]:
        """The signers: the office's own country first, then the others by country."""
        yield csv_line(
            [
                gettext("Reference"),
                gettext("Name"),
                gettext("Country"),
                gettext("Postcode"),
                gettext("Comment"),
            ]
        )
        own = self.office.country.code or ""
        for signer in sorted(self.content.signers, key=lambda each: each.country != own):
            details = signer.details
            yield csv_line(
                [
                    str(signer.reference),
                    details.name,
                    countries.name(signer.country),
                    details.postcode,
                    details.comment,
                ]
            )

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
