"""The asks with their counts, as every public page shows them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache

from django.http import Http404
from django_countries import countries

from petitions.models import Petition, Tally

# Figures on pages are at most this old; reading them costs the database once in this time.
SECONDS = 2


@dataclass(frozen=True)
class Ask:
    """A petition and how far it is."""

    petition: Petition
    count: int

    @property
    def percent(self) -> int:
        """Of the goal; 100 at most."""
        return min(100, 100 * self.count // self.petition.goal)


@dataclass(frozen=True)
class Figures:
    """All public asks in order, and where their signers live, most first."""

    asks: list[Ask]
    countries: list[tuple[str, int]]

    @property
    def total(self) -> int:
        return sum(ask.count for ask in self.asks)

    def ask(self, slug: str) -> Ask | None:
        return next((ask for ask in self.asks if ask.petition.slug == slug), None)

    def open_petitions_but(self, petition: Petition) -> list[Petition]:
        petitions = [ask.petition for ask in self.asks if ask.petition.is_open]
        return [each for each in petitions if each.pk != petition.pk]

    def named_countries(self) -> list[tuple[str, int]]:
        """Countries by name, in the language of the moment."""
        return [(countries.name(code), count) for code, count in self.countries]


def figures_now() -> Figures:
    return _figures(int(time.monotonic() // SECONDS))


def public_ask(slug: str) -> Ask:
    """The ask with this address.

    Raises:
        Http404: there is none, or it is a draft.
    """
    ask = figures_now().ask(slug)
    if ask is None:
        raise Http404
    return ask


@lru_cache(maxsize=1)
def _figures(_tick: int) -> Figures:
    counts = Tally.objects.by_petition()
    petitions = Petition.objects.public().with_texts()
    return Figures(
        asks=[Ask(petition, counts.get(petition.pk, 0)) for petition in petitions],
        countries=Tally.objects.by_country(),
    )


def forget_figures() -> None:
    """Read them anew at the next look."""
    _figures.cache_clear()
