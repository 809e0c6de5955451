"""Forms that get no mail although their supporter saw "check your mail": how many, and why."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from petitions.models.clock import this_hour

LOOKS_BACK = timedelta(hours=24)


class TurnedAwayQuerySet(models.QuerySet["TurnedAway"]):
    def add(self, why: TurnedAway.Why, *, now: datetime) -> None:
        """Count one more. Call it last in its transaction: the row stays locked until it ends."""
        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO petitions_turnedaway AS away (hour, why, forms)
                   VALUES (%s, %s, 1)
                   ON CONFLICT ON CONSTRAINT turned_away_once_an_hour
                   DO UPDATE SET forms = away.forms + 1""",
                [this_hour(now), why],
            )

    def of_the_last_day(self, *, now: datetime) -> dict[str, int]:
        """How many forms, by the reason."""
        recent = self.filter(hour__gt=now - LOOKS_BACK).values_list("why")
        return dict(recent.annotate(total=models.Sum("forms")))


class TurnedAway(models.Model):
    """Their number in one hour. Nothing tells whose they were, or from where."""

    class Why(models.TextChoices):
        NETWORK = "network", _("Their network had mails waiting for two days")
        DOMAIN = "domain", _("Their mail provider had mails waiting for two days")
        ADDRESS = "address", _("Their address had all the mails of a day")
        TRAP = "trap", _("They filled in a field that nobody sees")

    hour = models.DateTimeField()
    why = models.CharField(max_length=7, choices=Why)
    forms = models.PositiveIntegerField()

    objects = TurnedAwayQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hour", "why"], name="turned_away_once_an_hour")
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:00} {self.why}: {self.forms}"
