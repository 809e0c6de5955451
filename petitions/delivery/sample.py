"""A letter as it would go out, from signers that we made up: for whoever writes its words."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext, override

from petitions.delivery.content import BatchContent, Signer
from petitions.delivery.files import File, SignerFiles
from petitions.delivery.head_words import HeadWords
from petitions.delivery.letter_body import Addressee, Body, Letter, addressee
from petitions.ledger.addresses import log_url
from petitions.models import Office, PetitionText
from petitions.models.sealed import Details

SOME_COUNTRY = "LT"
ELSEWHERE = {"UA": 214, "DE": 131, "PL": 96, "FR": 58}
OWN = 42
TOTAL = 12_345


def sample_letter(words: PetitionText, office: Office | None) -> Body:
    """To `office`, or where none is responsible yet, to one that we made up."""
    with override(words.language):
        country = (office.country.code or "") if office else SOME_COUNTRY
        letter = Letter(
            words=words,
            number=3,
            closed_at=timezone.now(),
            content=_content(country),
            files=_files(),
            total=TOTAL,
            withdrawn=(),
            petition_url=_somewhere(),
            head=_head(),
            language=words.language,
            country=country,
            addressee=addressee(office.named, page_url=_somewhere()) if office else _somebody(),
        )
        return letter.body()


def _somebody() -> Addressee:
    return Addressee(gettext("Office"), gettext("Organisation"), _somewhere())


def _somewhere() -> str:
    """The organizers' process knows no public addresses."""
    return f"{settings.SITE_URL}/…"


def _content(country: str) -> BatchContent:
    by_country = Counter(ELSEWHERE)
    if country:
        by_country[country] = OWN
    comment = gettext("This is what a signer’s comment looks like.")
    postcodes = ("01100", "01100", "02200")
    signers = [
        Signer(UUID(int=number), country, Details("…", postcode, comment if number == 1 else ""))
        for number, postcode in enumerate(postcodes, 1)
    ]
    return BatchContent(signers, by_country)


def _files() -> SignerFiles:
    return SignerFiles(
        File("signers-3.csv", "text/csv", b""),
        [File("signers-3.pdf", "application/pdf", b"")],
        File("receipts-3.csv", "text/csv", b""),
    )


def _head() -> HeadWords:
    root = b64encode(sha256(b"sample").digest()).decode()
    return HeadWords(TOTAL + 3, root, log_url(1), batch=3)
