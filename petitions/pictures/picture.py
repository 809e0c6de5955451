"""One share picture: its words, and how Typst draws them.

Typst's embedded fonts alone are used, so that every machine draws the same; Libertinus Serif has
all letters of the campaign's languages.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import typst
from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext, override

from petitions.content import campaign
from petitions.models import Page, Petition, PetitionText

WIDTH, HEIGHT = 1200, 630
DESIGN = Path(__file__).with_name("picture.typ")


@dataclass(frozen=True)
class Picture:
    """`words` are the design's inputs but for the count; Typst reads none of them as markup."""

    words: dict[str, str]
    count: int
    goal: int | None = None
    """None where there is no way to go, as for all asks together."""

    @classmethod
    def of(cls, petition: Petition, text: PetitionText, *, count: int) -> Picture:
        with override(text.language):
            words = {
                "language": text.language,
                "campaign": campaign()["name"],
                "ask": gettext("Ask %(number)s") % {"number": petition.number},
                "title": text.title,
                "of-goal": _of_goal(count, petition.goal),
                "call": _call(petition, count),
            }
        return cls(words=words, count=count, goal=petition.goal)

    @classmethod
    def of_home(cls, page: Page, *, count: int) -> Picture:
        """All asks together."""
        with override(page.language):
            words = {
                "language": page.language,
                "campaign": campaign()["name"],
                "ask": "",
                "title": page.title,
                "of-goal": _confirmed(count),
                "call": gettext("Choose what to sign")
                if count
                else gettext("Be the first to sign"),
            }
        return cls(words=words, count=count)

    @property
    def language(self) -> str:
        return self.words["language"]

    @property
    def fingerprint(self) -> str:
        """Of the words and the design."""
        words = json.dumps(self.words, sort_keys=True) + _colours()
        known = words.encode() + _design()
        return hashlib.sha256(known).hexdigest()[:32]

    def draw(self) -> bytes:
        """The PNG."""
        with override(self.language):
            count = _grouped(self.count) if self.count else ""
        share = f"{min(1, self.count / self.goal):.4f}" if self.goal else ""
        png = typst.compile(
            _design(),
            format="png",
            ppi=72,
            ignore_system_fonts=True,
            sys_inputs={**self.words, "count": count, "share": share, "colours": _colours()},
        )
        assert isinstance(png, bytes)  # noqa: S101 - the design has one page
        return png


def _of_goal(count: int, goal: int) -> str:
    """What stands behind the count, or nothing: zero signatures are no figure to show."""
    if not count:
        return ""
    words = ngettext("signature of %(goal)s", "signatures of %(goal)s", count)
    return words % {"goal": _grouped(goal)}


def _confirmed(count: int) -> str:
    """What stands behind the count of all asks, or nothing."""
    return ngettext("confirmed signature", "confirmed signatures", count) if count else ""


def _call(petition: Petition, count: int) -> str:
    if petition.state == Petition.State.WON:
        return gettext("This ask is won")
    if not petition.is_open:
        return gettext("This ask is closed")
    return gettext("Read and sign") if count else gettext("Be the first to sign")


def _grouped(number: int) -> str:
    return str(number_format(number, decimal_pos=0, use_l10n=True, force_grouping=True))


def _colours() -> str:
    """The campaign's own, as JSON; dark ones are for screens that are dark themselves."""
    chosen = settings.CAMPAIGN.get("colours", {})
    return json.dumps({name: value for name, value in chosen.items() if name != "dark"})


@cache
def _design() -> bytes:
    return DESIGN.read_bytes()
