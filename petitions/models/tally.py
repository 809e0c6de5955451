"""The counters, by petition and country: exact, spread over shards so that no row is hot."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from petitions.models.petition import Petition
from petitions.models.prepared import run_prepared

if TYPE_CHECKING:
    from petitions.models.signature import Signature

# Confirmations that run at once seldom meet in one of so many rows; a read sums them.
SHARDS = 16


# In one order, whoever changes several rows: so no two can wait for each other.
_ADD = """
    INSERT INTO petitions_tally AS tally (petition_id, country, count, held, shard)
    SELECT petition_id, country, sum(count), sum(held), %(shard)s
    FROM unnest(%(petition_ids)s::bigint[], %(countries)s::text[], %(counts)s::int[],
        %(held)s::int[]) AS change (petition_id, country, count, held)
    GROUP BY country, petition_id
    ORDER BY country, petition_id
    ON CONFLICT ON CONSTRAINT tally_row_once
    DO UPDATE SET count = tally.count + excluded.count, held = tally.held + excluded.held
"""


class TallyQuerySet(models.QuerySet["Tally"]):
    def by_petition(self) -> dict[int, int]:
        """Signatures by petition id."""
        rows = self.values_list("petition_id").annotate(total=models.Sum("count"))
        return dict(rows.order_by())

    def held_by_petition(self) -> dict[int, int]:
        """Signatures that were taken out of the count, by petition id, where there are any."""
        rows = self.values_list("petition_id").annotate(total=models.Sum("held"))
        return dict(rows.filter(total__gt=0).order_by())

    def by_country(self) -> list[tuple[str, int]]:
        """Country code and signatures, most first."""
        rows = self.values_list("country").annotate(total=models.Sum("count"))
        return list(rows.filter(total__gt=0).order_by("-total", "country"))

    def countries(self) -> list[str]:
        """Codes of those that signatures came from, counted or held."""
        some = self.filter(models.Q(count__gt=0) | models.Q(held__gt=0))
        return list(some.order_by("country").values_list("country", flat=True).distinct())

    def change(self, *, petition_ids: list[int], country: str, by: int) -> None:
        """Count `by` more (or fewer) for each petition.

        Call it last in its transaction: the rows stay locked until it ends.
        """
        self._add([(petition_id, country, by, 0) for petition_id in petition_ids])

    def change_for(self, signatures: Iterable[Signature], *, country: str, by: int) -> None:
        """The same for signatures of which some may be held: those are out of the count already."""
        counts = Counter((each.petition_id, each.hold_id is not None) for each in signatures)
        self._add(
            [
                (petition_id, country, *((0, by * count) if is_held else (by * count, 0)))
                for (petition_id, is_held), count in counts.items()
            ]
        )

    def move_to_held(self, groups: list[tuple[str, int, int]]) -> None:
        """Take out of the count, or back into it where the number is below zero.

        `groups` are country, petition and number. It comes last in its transaction, too.
        """
        self._add([(petition_id, country, -by, by) for country, petition_id, by in groups])

    def _add(self, changes: list[tuple[int, str, int, int]]) -> None:
        """To petition and country: so many signatures, and so many held ones."""
        if not changes:
            return
        petition_ids, countries, counts, held = map(list, zip(*changes, strict=True))
        run_prepared(
            _ADD,
            {
                "petition_ids": petition_ids,
                "countries": countries,
                "counts": counts,
                "held": held,
                "shard": random.randrange(SHARDS),  # noqa: S311 - spreads load, guards nothing
            },
        )


class Tally(models.Model):
    """One shard's share of a count; a single share may be below zero, their sum never is."""

    petition = models.ForeignKey(Petition, models.PROTECT, related_name="tallies", db_index=False)
    country = CountryField()
    shard = models.PositiveSmallIntegerField()
    count = models.IntegerField()
    held = models.IntegerField(default=0, db_default=0)

    objects = TallyQuerySet.as_manager()

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        constraints = [
            models.UniqueConstraint(fields=["petition", "country", "shard"], name="tally_row_once")
        ]

    def __str__(self) -> str:
        return f"{self.petition_id} {self.country} {self.shard}: {self.count}"
