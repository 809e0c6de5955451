"""The files of a letter: the signers as CSV, and as a book to read and print; and their receipts.

They are made once for all letters of a batch that are the same: in one language, with one
country first. Offices of countries from which nobody signed share theirs, and all offices the
receipts. All is in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from django.utils.translation import get_language, gettext
from django_countries import countries

from petitions.alphabets import alphabetical
from petitions.delivery.book import Book
from petitions.delivery.content import BatchContent, Signer
from petitions.delivery.head_words import receipts_name
from petitions.mime import ReadyPart, attachment
from petitions.models import Batch, Delivery
from petitions.spreadsheets import csv_line

# What a worker keeps of one batch, and a third more as mails carry it. Files of a hundred thousand
# signers are about 30 MB.
SHELF_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class File:
    name: str
    type: str
    content: bytes

    @cached_property
    def part(self) -> ReadyPart:
        """As all letters carry it."""
        return attachment(self.name, self.content, self.type).ready()


@dataclass(frozen=True)
class SignerFiles:
    csv: File | None
    """None where nobody is named; then there is no book either."""
    volumes: list[File]
    """The book: one, or several where the signers are very many."""
    receipts: File | None = None
    """What opens the signatures' leaves in the public log, and names nobody."""

    @property
    def all(self) -> list[File]:
        files = [self.csv, *self.volumes, self.receipts]
        return [file for file in files if file is not None]

    @property
    def size(self) -> int:
        return sum(len(file.content) for file in self.all)


class FileShelf:
    """The files of one batch's letters, in no more memory than `SHELF_BYTES` and the newest."""

    def __init__(self) -> None:
        self._shelf: dict[tuple[str, str], SignerFiles] = {}
        self._receipts: File | None = None

    def of(self, content: BatchContent, delivery: Delivery) -> SignerFiles | None:
        """Those of a letter, in the language of the moment; none where it carries no signature."""
        if not content.signers and not content.receipts:
            return None
        key = shared_by(content, delivery)
        # Taken out and put back, so that the shelf is ordered by last use.
        files = self._shelf.pop(key, None) or self._make(delivery.batch, content, first=key[1])
        while self._shelf and self._size() + files.size > SHELF_BYTES:
            del self._shelf[next(iter(self._shelf))]
        self._shelf[key] = files
        return files

    def _make(self, batch: Batch, content: BatchContent, *, first: str) -> SignerFiles:
        if self._receipts is None and content.receipts:
            self._receipts = receipts_file(batch, content)
        if not content.signers:
            return SignerFiles(None, [], self._receipts)
        return replace(make_files(batch, content, first=first), receipts=self._receipts)

    def _size(self) -> int:
        return sum(files.size for files in self._shelf.values())


def shared_by(content: BatchContent, delivery: Delivery) -> tuple[str, str]:
    """Letters of a batch have the same files if these are: the language of the moment, and the
    country that comes first."""
    country = delivery.office.country.code or ""
    return get_language() or "", country if content.by_country[country] else ""


def receipts_file(batch: Batch, content: BatchContent) -> File:
    """As five-asks-verify reads it; each receipt is of letters, digits, dots, - and _ only."""
    lines = ["receipt", *content.receipts, ""]
    return File(receipts_name(batch.number), "text/csv", "\r\n".join(lines).encode("ascii"))


def make_files(batch: Batch, content: BatchContent, *, first: str) -> SignerFiles:
    """List and book in the language of the moment, signers of the country `first` before others."""
    name = f"signers-{batch.petition.slug}-{batch.number}"
    signers = in_order(content.signers, first=first)
    csv = File(f"{name}.csv", "text/csv", "".join(csv_lines(signers)).encode("utf-8-sig"))
    book = Book(
        batch=batch,
        content=content,
        signers=signers,
        csv_name=csv.name,
        fingerprint=hashlib.sha256(csv.content).hexdigest(),
    )
    volumes = list(book.volumes())
    several = len(volumes) > 1
    return SignerFiles(
        csv,
        [
            File(
                f"{name}-volume-{number}.pdf" if several else f"{name}.pdf",
                "application/pdf",
                volume,
            )
            for number, volume in enumerate(volumes, 1)
        ],
    )


def in_order(signers: list[Signer], *, first: str) -> list[Signer]:
    """By country, `first` before the others, then by name, as the reader's alphabet has it."""
    codes = {signer.country for signer in signers}
    places = {code: (code != first, alphabetical(countries.name(code))) for code in codes}
    return sorted(signers, key=lambda each: (places[each.country], _packed(each.details.name)))


def _packed(name: str) -> str:
    """What `alphabetical` makes of it, in a twentieth of the memory."""
    return "".join(f"{chr(place)}{letter}" for place, letter in alphabetical(name))


def csv_lines(signers: list[Signer]) -> Iterator[str]:
    yield csv_line(
        [
            gettext("Reference"),
            gettext("Name"),
            gettext("Country"),
            gettext("Postcode"),
            gettext("Comment"),
        ]
    )
    country_names = {code: countries.name(code) for code in {each.country for each in signers}}
    for signer in signers:
        details = signer.details
        yield csv_line(
            [
                str(signer.reference),
                details.name,
                country_names[signer.country],
                details.postcode,
                details.comment,
            ]
        )
