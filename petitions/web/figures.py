"""The asks with their counts, as every public page shows them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache

from django.db.models import Count
from django.http import Http404
from django_countries import countries

from petitions.models import Delivery, Petition, PetitionAddress, Tally
from petitions.web.milestones import next_step, steps_reached
from petitions.web.tile_map import TileMap, tile_map

# Figures on pages are at most this old; reading them costs the database once in this time.
SECONDS = 0.5
# For petitions and their words, which take as long as all figures, and for letters, all of which are
# counted. It is a multiple of the other: who reads both gets them of one moment.
PETITIONS_SECONDS = 4 * SECONDS
TURN_SECONDS = 0.2
# A country with fewer signers is not named: there the number would point at people.
FEWEST_NAMED = 5


class Moved(Exception):
    """The petition is called something else now; the page's visitor is led there (moved.py)."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug


@dataclass(frozen=True)
class Ask:
    """A petition and how far it is."""

    petition: Petition
    count: int
    held: int = 0
    """Taken out of the count as suspicious."""

    @property
    def next_step(self) -> int:
        return next_step(self.count, self.petition.goal)

    @property
    def percent(self) -> int:
        """Of the way to the next step."""
        return 100 * self.count // self.next_step

    @property
    def steps_reached(self) -> list[int]:
        return steps_reached(self.count, self.petition.goal)


@dataclass(frozen=True)
class PublicPetitions:
    """All but drafts, in order, with their words."""

    petitions: list[Petition]
    moved: dict[str, str]
    """Their old addresses, and what they are called now."""

    def named(self, slug: str) -> Petition:
        """The one with this address.

        Raises:
            Moved: it had this address once.
            Http404: there is none, or it is a draft.
        """
        for petition in self.petitions:
            if petition.slug == slug:
                return petition
        if slug in self.moved:
            raise Moved(self.moved[slug])
        raise Http404

    def open_but(self, petition: Petition) -> list[Petition]:
        return [each for each in self.petitions if each.is_open and each.pk != petition.pk]


@dataclass(frozen=True)
class Figures:
    """All public asks in order, where their signers live, most first, and what was delivered."""

    asks: list[Ask]
    countries: list[tuple[str, int]]
    letters: int
    offices: int
    """To which at least one letter went."""

    @property
    def total(self) -> int:
        return sum(ask.count for ask in self.asks)

    def ask(self, slug: str) -> Ask | None:
        return next((ask for ask in self.asks if ask.petition.slug == slug), None)

    @cached_property
    def large_countries(self) -> dict[str, int]:
        """Signers by country code, where they are enough to be named."""
        return {code: count for code, count in self.countries if count >= FEWEST_NAMED}

    def named_countries(self) -> list[tuple[str, int]]:
        """Large countries by name, in the language of the moment."""
        return [(countries.name(code), count) for code, count in self.large_countries.items()]

    @property
    def elsewhere(self) -> int:
        """Signers in countries that are not named."""
        return sum(count for _, count in self.countries) - sum(self.large_countries.values())

    @cached_property
    def map(self) -> TileMap:
        return tile_map(self.large_countries)


_reading = threading.RLock()


def figures_now() -> Figures:
    with _one_reader():
        return _figures(int(time.monotonic() // SECONDS))


def petitions_now() -> PublicPetitions:
    """Of these a form needs no more than who takes signatures; so it does not wait for figures."""
    with _one_reader():
        return _petitions(int(time.monotonic() // PETITIONS_SECONDS))


@contextmanager
def _one_reader() -> Iterator[None]:
    """One thread reads, and the others wait for it; not where the database is away, and each would
    wait for it in turn.
    """
    is_alone = _reading.acquire(timeout=TURN_SECONDS)
    try:
        yield
    finally:
        if is_alone:
            _reading.release()


def public_ask(slug: str) -> Ask:
    """The ask with this address; raises what `PublicPetitions.named` does."""
    ask = figures_now().ask(slug)
    return ask or Ask(petitions_now().named(slug), count=0)


@lru_cache(maxsize=1)
def _figures(_tick: int) -> Figures:
    counts, held = Tally.objects.by_petition(), Tally.objects.held_by_petition()
    return Figures(
        asks=[
            Ask(petition, counts.get(petition.pk, 0), held.get(petition.pk, 0))
            for petition in petitions_now().petitions
        ],
        countries=Tally.objects.by_country(),
        **_delivered(int(time.monotonic() // PETITIONS_SECONDS)),
    )


@lru_cache(maxsize=1)
def _delivered(_tick: int) -> dict[str, int]:
    return Delivery.objects.sent().aggregate(
        letters=Count("pk"), offices=Count("office", distinct=True)
    )


@lru_cache(maxsize=1)
def _petitions(_tick: int) -> PublicPetitions:
    public = Petition.objects.public()
    old = PetitionAddress.objects.filter(petition__in=public)
    return PublicPetitions(
        petitions=list(public.with_texts()),
        moved=dict(old.values_list("slug", "petition__slug")),
    )


def forget_figures() -> None:
    """Read them anew at the next look."""
    _figures.cache_clear()
    _delivered.cache_clear()
    _petitions.cache_clear()
