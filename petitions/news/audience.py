"""Whom news is for, in one place: what is counted beforehand is what is written to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from petitions.models import NewsItem, NewsLetter


@dataclass(frozen=True)
class Audience:
    """An empty list does not narrow it; `languages` is None for all."""

    petition_ids: list[int] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    languages: list[str] | None = None

    @classmethod
    def of(cls, letter: NewsLetter) -> Audience:
        ids = [petition.pk for petition in letter.petitions.all()]
        return cls(ids, letter.countries, letter.languages_read())

    def count(self) -> dict[tuple[str, str], int]:
        """How many there are now, by language and country."""
        with connection.cursor() as cursor:
            cursor.execute(COUNT, self._parameters)
            return {(language, country): count for language, country, count in cursor.fetchall()}

    def count_by_language(self) -> dict[str, int]:
        """Most first."""
        counts: Counter[str] = Counter()
        for (language, _country), count in self.count().items():
            counts[language] += count
        return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))

    def make_deliveries(self, item: NewsItem, *, now: datetime) -> int:
        """A mail to each of them, and how many they are."""
        with connection.cursor() as cursor:
            cursor.execute(MAIL_TO_EACH, self._parameters | {"item": item.pk, "now": now})
            made: int = cursor.rowcount
        return made

    @property
    def _parameters(self) -> dict[str, Any]:
        return {
            "petitions": self.petition_ids,
            "countries": self.countries,
            "languages": self.languages,
        }


MEANT = """
    FROM petitions_newssubscriber
    WHERE (cardinality(%(petitions)s::bigint[]) = 0 OR petition_ids && %(petitions)s::bigint[])
      AND (cardinality(%(countries)s::text[]) = 0 OR country = ANY(%(countries)s::text[]))
      AND (%(languages)s::text[] IS NULL OR language = ANY(%(languages)s::text[]))
"""
COUNT = f"SELECT language, country, count(*) {MEANT} GROUP BY language, country"
# One statement, however many they are. The lock lets who is just leaving go first, and others wait:
# a mail to somebody who is gone could not be stored.
MAIL_TO_EACH = f"""
    INSERT INTO petitions_newsdelivery (item_id, subscriber_id, state, due_at)
    SELECT %(item)s, id, 'ready', %(now)s {MEANT} FOR KEY SHARE
"""
