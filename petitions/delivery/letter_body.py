"""What an office reads: the organizers' words filled in, its own signers, then all of them.

Each signer is named only in the files, and only as their visibility allows; who wants to be counted
only is in the numbers and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django_countries import countries

from petitions.alphabets import alphabetical
from petitions.delivery.content import BatchContent, Signer
from petitions.delivery.files import SignerFiles
from petitions.delivery.head_words import HeadWords
from petitions.delivery.spool import too_large
from petitions.models import Office, OfficeName, PetitionText
from petitions.models.office_page import FILES_LIFE
from petitions.models.petition_text import FilledLetter
from petitions.text import LINK

# A letter must stay one that somebody reads; the rest is in the files.
MOST_PLACES = 12
MOST_COMMENTS = 5
LONGEST_COMMENT = 300


@dataclass(frozen=True)
class Body:
    """A letter as mails carry it."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Addressee:
    """All in which letters to offices of one country and language may differ."""

    office: str
    organisation: str
    page_url: str
    """Of the office's own page, where no account is needed."""


@dataclass(frozen=True)
class Letter(FilledLetter):
    """What the templates show, in the language of the moment."""

    words: PetitionText
    number: int
    closed_at: datetime
    content: BatchContent
    files: SignerFiles | None
    total: int
    """All signatures of the petition so far."""
    withdrawn: Sequence[UUID]
    """References in earlier letters to this office whose signers have since withdrawn."""
    petition_url: str
    head: HeadWords | None
    """None only for a batch that was sent before there was a public log."""
    language: str
    country: str
    """The office's own, as a code; empty for an international office."""
    addressee: Addressee

    def body(self) -> Body:
        context = {"letter": self}
        return Body(
            subject=self.subject,
            text=render_to_string("letter/letter.txt", context),
            html=render_to_string("letter/letter.html", context),
        )

    @property
    def is_downloaded(self) -> bool:
        """Whether its files are too large for a mail, and lie on the office's page."""
        return self.files is not None and too_large(self.files)

    @property
    def download_days(self) -> int:
        return FILES_LIFE.days

    @cached_property
    def values(self) -> dict[str, str]:
        """What stands in place of the placeholders."""
        return {
            "office": self.addressee.office,
            "organisation": self.addressee.organisation,
            "country": self.country_name or self.addressee.organisation,
            "number": _grouped(self.content.size),
            "own_number": _grouped(self.own_number),
            "total": _grouped(self.total),
            "date": date_format(localtime(self.closed_at), "DATE_FORMAT"),
            "letter_number": str(self.number),
            "petition": self.words.title,
            "petition_link": self.petition_url,
        }

    @property
    def country_name(self) -> str:
        return countries.name(self.country) if self.country else ""

    @property
    def own_number(self) -> int:
        """New signers from the office's own country; 0 for an international office."""
        return self.content.by_country[self.country] if self.country else 0

    @cached_property
    def own_places(self) -> list[tuple[str, int]]:
        """The postcodes that its own signers gave, most signers first."""
        given = Counter(_one_line(each.details.postcode).upper() for each in self._own_signers)
        del given[""]
        return sorted(given.items(), key=lambda each: (-each[1], each[0]))[:MOST_PLACES]

    @cached_property
    def own_comments(self) -> list[str]:
        """Some of what they say. References are random, and so is whose words stand here."""
        said = (_one_line(each.details.comment) for each in self._own_signers)
        fit = [each for each in said if each and len(each) <= LONGEST_COMMENT]
        # A link would be a stranger's, in a letter of ours.
        return [each for each in fit if not LINK.search(each)][:MOST_COMMENTS]

    @cached_property
    def _own_signers(self) -> list[Signer]:
        return self.content.signers_of(self.country) if self.country else []

    @property
    def countries(self) -> list[tuple[str, int]]:
        """The batch's countries by name: the office's own, then most signers first."""
        named = [(code, countries.name(code), new) for code, new in self.content.by_country.items()]
        named.sort(key=lambda each: (each[0] != self.country, -each[2], alphabetical(each[1])))
        return [(name, new) for _code, name, new in named]


def addressee(named: Office | OfficeName, *, page_url: str) -> Addressee:
    """Each name in one line, as headers want it."""
    return Addressee(_one_line(named.name), _one_line(named.organisation), page_url)


def _one_line(typed: str) -> str:
    return " ".join(typed.split())


def _grouped(number: int) -> str:
    return str(number_format(number, decimal_pos=0, use_l10n=True, force_grouping=True))
