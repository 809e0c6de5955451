"""How many signatures were confirmed on each day: the organizers' figures, counted by a tick.

To count a million rows for each look would take seconds. The exact totals stand in the tally.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection, models, transaction
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy as _

from petitions.models.petition import Petition
from petitions.models.signature import Signature

# Any number that nothing else in this database locks.
_LOCK = 0x64617973

# One statement: who looks meanwhile sees all of the old figures or all of the new ones.
_COUNT_ANEW = """
    WITH counted AS ({signatures}),
    found AS (
        SELECT day, petition_id, coalesce(country, language, partner_id::text, '') AS value,
               CASE 0 WHEN GROUPING(country) THEN 'country' WHEN GROUPING(language) THEN 'language'
                      WHEN GROUPING(partner_id) THEN 'partner' ELSE 'all' END AS by,
               count(*) AS count
        FROM counted
        GROUP BY GROUPING SETS ((day, petition_id), (day, petition_id, country),
                                (day, petition_id, language), (day, petition_id, partner_id))
        HAVING GROUPING(partner_id) = 1 OR partner_id IS NOT NULL
    ),
    gone AS (
        DELETE FROM petitions_dayfigure AS old
        WHERE (%s::date IS NULL OR old.day >= %s::date) AND NOT EXISTS (
            SELECT FROM found
            WHERE (found.day, found.petition_id, found.by, found.value)
                = (old.day, old.petition_id, old.by, old.value)
        )
    )
    INSERT INTO petitions_dayfigure AS old (day, petition_id, by, value, count)
    SELECT day, petition_id, by, value, count FROM found
    ON CONFLICT ON CONSTRAINT day_figure_once
    DO UPDATE SET count = excluded.count WHERE old.count <> excluded.count
"""


class DayFigureQuerySet(models.QuerySet["DayFigure"]):
    @transaction.atomic
    def count_anew(self, *, since: date | None = None) -> bool:
        """From the signatures as they stand: those of `since` and later, or all.

        False where another process is just doing it: then nothing is done here.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                return False
            statement, parameters = _counted(since)
            cursor.execute(_COUNT_ANEW.format(signatures=statement), [*parameters, since, since])
        return True


class DayFigure(models.Model):
    class By(models.TextChoices):
        ALL = "all", _("all")
        COUNTRY = "country", _("country")
        LANGUAGE = "language", _("language")
        PARTNER = "partner", _("partner")

    day = models.DateField()
    petition = models.ForeignKey(Petition, models.CASCADE, related_name="+", db_index=False)
    by = models.CharField(max_length=8, choices=By)
    # A country's or language's code, or a partner's id; nothing where all are counted.
    value = models.CharField(max_length=20, blank=True)
    count = models.PositiveIntegerField()

    objects = DayFigureQuerySet.as_manager()

    class Meta:
        verbose_name = _("figure of a day")
        verbose_name_plural = _("figures of days")
        # Nobody writes them by hand; who sees petitions sees them.
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["by", "day", "petition", "value"], name="day_figure_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.petition_id} {self.by} {self.value}: {self.count}"


def _counted(since: date | None) -> tuple[str, tuple[Any, ...]]:
    """The query for what is counted; days are those of UTC."""
    signatures = Signature.objects.counted()
    if since:
        signatures = signatures.confirmed_since_day(since)
    rows = signatures.order_by().annotate(day=TruncDate("confirmed_hour"))
    return rows.values(
        "day", "petition_id", "country", "language", "partner_id"
    ).query.sql_with_params()
