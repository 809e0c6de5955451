"""When something was last done: a tick of beat, a backup, the figures of all days."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

BACKUP = "backup"
FIGURES = "figures"
ALL_FIGURES = "figures of all days"
# When a part of the program last logged that work stands still, or that it failed.
ALARM = "alarm"
FAULT = "fault"
LONGEST_NAME = 60


def mark(kind: str, part: str) -> str:
    """The name under which it is noted; `part` is a logger's name."""
    return f"{kind}: {part}"[:LONGEST_NAME]


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def beat(self, name: str, *, at_most_every: timedelta = timedelta(0)) -> bool:
        """It was done just now, by PostgreSQL's clock. False if it was less than so long ago."""
        with connection.cursor() as cursor:
            cursor.execute(
                # Most ticks find a young row and write nothing; of two that find an old one, the
                # second changes nothing.
                """INSERT INTO petitions_heartbeat AS beat (name, at)
                   SELECT %(name)s, clock_timestamp() WHERE NOT EXISTS (
                       SELECT FROM petitions_heartbeat
                       WHERE name = %(name)s AND at > clock_timestamp() - %(every)s::interval
                   )
                   ON CONFLICT (name) DO UPDATE SET at = excluded.at
                   WHERE beat.at <= excluded.at - %(every)s::interval""",
                {"name": name, "every": f"{at_most_every.total_seconds()} seconds"},
            )
            return bool(cursor.rowcount)

    def times(self) -> dict[str, datetime]:
        return dict(self.values_list("name", "at"))


class Heartbeat(models.Model):
    name = models.CharField(max_length=LONGEST_NAME, primary_key=True)
    at = models.DateTimeField()

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name}: {self.at:%Y-%m-%d %H:%M}"
