"""The petition book: what an office reads and prints, as PDF.

Typst gets the book's content as JSON through a pipe and hands back bytes: nothing lies on a disk,
and nothing that somebody typed is read as markup. Typst's embedded fonts alone are
used, so that every machine makes the same book.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext, ngettext
from django_countries import countries

from petitions.alphabets import alphabetical
from petitions.content import campaign
from petitions.delivery.content import BatchContent, Signer
from petitions.delivery.head_words import HeadWords
from petitions.delivery.typesetter import typeset
from petitions.models import Batch

# Bounds what Typst needs for one volume, and what an office's printer and patience need.
NAMES_IN_A_VOLUME = 20_000
DESIGN = Path(__file__).with_name("book.typ")

_long_word = re.compile(r"\S{25,}")
_twelve_letters = re.compile(r".{12}(?=.)")
# What turns the direction of letters around would turn the country beside the name as well.
_turns = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Book:
    """One batch's book, in the language of the moment; `signers` are in the order of reading."""

    batch: Batch
    content: BatchContent
    signers: list[Signer]
    csv_name: str
    fingerprint: str

    def volumes(self, *, size: int = NAMES_IN_A_VOLUME) -> Iterator[bytes]:
        """The PDF, in as many volumes as it takes; the ask and the figures are in each."""
        parts = [self.signers[at : at + size] for at in range(0, len(self.signers), size)]
        for number, part in enumerate(parts, 1):
            yield self._volume(part, number=number, of=len(parts))

    def _volume(self, signers: list[Signer], *, number: int, of: int) -> bytes:
        data = self.data(signers, number=number, of=of)
        return typeset(DESIGN, data, timestamp=int(self.batch.closed_at.timestamp()))

    def data(self, signers: list[Signer], *, number: int = 1, of: int = 1) -> dict[str, Any]:
        """What the design prints."""
        text = self.batch.petition.text
        letter = text.letter_to_any().text
        return {
            "language": get_language() or settings.LANGUAGE_CODE,
            "title": text.title,
            "words": self._words(number=number, of=of),
            "ask": [part.strip() for part in letter.split("\n\n") if part.strip()],
            "countries": self._totals(),
            "fingerprint": self.fingerprint,
            "log": self._log(),
            "signers": [
                [countries.name(code), [printable(signer.details.name) for signer in group]]
                for code, group in groupby(signers, key=lambda signer: signer.country)
            ],
            "comments": [
                [
                    printable(signer.details.comment),
                    f"{printable(signer.details.name)}, {countries.name(signer.country)}",
                ]
                for signer in signers
                if signer.details.comment
            ],
        }

    def _words(self, *, number: int, of: int) -> dict[str, str]:
        batch, new, more = self.batch, self.content.size, self.content.counted_only
        letter = gettext("Letter %(number)s, %(date)s") % {
            "number": batch.number,
            "date": date_format(localtime(batch.closed_at), "DATE_FORMAT"),
        }
        volume = gettext("Volume %(number)s of %(volumes)s") % {"number": number, "volumes": of}
        more_words = ngettext(
            "%(more)s signer asked to be counted and not named.",
            "%(more)s signers asked to be counted and not named.",
            more,
        )
        new_words = ngettext(
            "This letter carries %(new)s new signature.",
            "This letter carries %(new)s new signatures.",
            new,
        )
        title = batch.petition.text.title
        return {
            "campaign": campaign()["name"],
            "ask": gettext("Ask %(number)s") % {"number": batch.petition.number},
            "letter": letter,
            "volume": volume if of > 1 else "",
            "footer": " · ".join([title, letter, volume][: 3 if of > 1 else 2]),
            "page": gettext("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
            "new": new_words % {"new": _grouped(new)},
            "counted-only": more_words % {"more": _grouped(more)} if more else "",
            "by-country": gettext("New signatures by country:").rstrip(" \N{NO-BREAK SPACE}:"),
            "country": gettext("Country"),
            "number": gettext("Signatures"),
            "demand": gettext("What we ask for"),
            "signers": gettext("Signers"),
            "comments": gettext("Comments"),
            "fingerprint": gettext("Fingerprint (SHA-256) of the list %(name)s")
            % {"name": self.csv_name},
            "check": gettext(
                "To check that the list is the one that came with this book, let a computer "
                "work out the file's fingerprint and compare: on Windows with “certutil "
                "-hashfile %(name)s SHA256”, on Linux with “sha256sum %(name)s”, on a Mac with "
                "“shasum -a 256 %(name)s”."
            )
            % {"name": self.csv_name},
            "care": gettext(
                "The names are personal data, given for this letter only: please do not publish "
                "them or pass them on."
            ),
        }

    def _log(self) -> dict[str, str] | None:
        head = HeadWords.of(self.batch)
        if head is None:
            return None
        return {
            "entries": head.entries,
            "root": head.root,
            "check": head.check,
            "receipts": head.receipts,
            "command": head.command,
        }

    def _totals(self) -> list[list[str]]:
        """All of the batch by country, most signers first."""
        named = [(countries.name(code), count) for code, count in self.content.by_country.items()]
        named.sort(key=lambda each: (-each[1], alphabetical(each[0])))
        return [[name, _grouped(count)] for name, count in named]


def printable(typed: str) -> str:
    """`typed`, without a word that is so long that it would run out of its column."""
    return _long_word.sub(
        lambda word: _twelve_letters.sub("\\g<0>\N{ZERO WIDTH SPACE}", word[0]),
        _turns.sub("", typed),
    )


def _grouped(number: int) -> str:
    return str(number_format(number, decimal_pos=0, use_l10n=True, force_grouping=True))
