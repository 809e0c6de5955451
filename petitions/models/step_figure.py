"""From a petition's page to a confirmed form: how many took each step in an hour, and nobody's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from petitions.models.petition import Petition

# 21 months: two summers can be compared, and no more is kept.
KEPT_FOR = timedelta(days=640)

# Hour, petition's id, step.
Step = tuple[datetime, int, str]


class StepFigureQuerySet(models.QuerySet["StepFigure"]):
    def add(self, counts: Mapping[Step, int]) -> None:
        """Add what a process has counted; several add up. A petition that is gone is left out."""
        # Always in one order, so that two processes can't wait for each other.
        rows = sorted((*step, count) for step, count in counts.items())
        hours, petitions, steps, numbers = (list(column) for column in zip(*rows, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO petitions_stepfigure AS figure (hour, petition_id, step, count)
                   SELECT new.* FROM unnest(%s::timestamptz[], %s::bigint[], %s::text[], %s::int[])
                          AS new (hour, petition_id, step, count)
                   JOIN petitions_petition AS petition ON petition.id = new.petition_id
                   ON CONFLICT ON CONSTRAINT step_figure_once
                   DO UPDATE SET count = figure.count + excluded.count""",
                [hours, petitions, steps, numbers],
            )

    def expired(self, *, now: datetime) -> StepFigureQuerySet:
        return self.filter(hour__lte=now - KEPT_FOR)


class StepFigure(models.Model):
    """No cookie, address, country or browser: nothing tells that two steps were one person's."""

    class Step(models.TextChoices):
        VIEWED = "viewed", _("Pages opened")
        ASKED = "asked", _("Forms sent")
        CONFIRMED = "confirmed", _("Forms confirmed")

    hour = models.DateTimeField()
    petition = models.ForeignKey(Petition, models.CASCADE, related_name="+", db_index=False)
    step = models.CharField(max_length=9, choices=Step)
    count = models.PositiveIntegerField()

    objects = StepFigureQuerySet.as_manager()

    class Meta:
        verbose_name = _("figure of a step")
        verbose_name_plural = _("figures of steps")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["hour", "petition", "step"], name="step_figure_once")
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:00} {self.petition_id} {self.step}: {self.count}"
