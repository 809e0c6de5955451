"""The counters, by petition and country: exact, spread over shards so that no row is hot."""

from __future__ import annotations

import random

from django.db import connection, models
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from petitions.models.petition import Petition

# Confirmations that run at once seldom meet in one of so many rows; a read sums them.
SHARDS = 16


class TallyQuerySet(models.QuerySet["Tally"]):
    def by_petition(self) -> dict[int, int]:
        """Signatures by petition id."""
        rows = self.values_list("petition_id").annotate(total=models.Sum("count"))
        return dict(rows.order_by())

    def by_country(self) -> list[tuple[str, int]]:
        """Country code and signatures, most first."""
        rows = self.values_list("country").annotate(total=models.Sum("count"))
        return list(rows.filter(total__gt=0).order_by("-total", "country"))

    def change(self, *, petition_ids: list[int], country: str, by: int) -> None:
        """Count `by` more (or fewer) for each petition.

        Call it last in its transaction: the rows stay locked until it ends.
        """
        if not petition_ids:
            return
        shard = random.randrange(SHARDS)  # noqa: S311 - spreads load, guards nothing
        rows = [(petition_id, country, shard, by) for petition_id in sorted(petition_ids)]
        with connection.cursor() as cursor:
            cursor.executemany(
                """INSERT INTO petitions_tally AS tally (petition_id, country, shard, count)
                   VALUES (%s, %s, %s, %s)
                   ON CONFLICT ON CONSTRAINT tally_row_once
                   DO UPDATE SET count = tally.count + excluded.count""",
                rows,
            )


class Tally(models.Model):
    """One shard's share of a count; a single share may be below zero, their sum never is."""

    petition = models.ForeignKey(Petition, models.PROTECT, related_name="tallies", db_index=False)
    country = CountryField()
    shard = models.PositiveSmallIntegerField()
    count = models.IntegerField()

    objects = TallyQuerySet.as_manager()

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        constraints = [
            models.UniqueConstraint(fields=["petition", "country", "shard"], name="tally_row_once")
        ]

    def __str__(self) -> str:
        return f"{self.petition_id} {self.country} {self.shard}: {self.count}"
