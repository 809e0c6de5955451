"""The organizers' figures, brought up to date by a tick."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from petitions.models import DayFigure, Heartbeat, StepFigure
from petitions.models.heartbeat import ALL_FIGURES, FIGURES

log = logging.getLogger(__name__)

# What changes on earlier days (who withdrew, what is held) is right again after so long.
ALL_EVERY = timedelta(hours=1)


def count_figures(*, now: datetime) -> None:
    """Count yesterday and today anew, and now and then all days; forget what is too old."""
    yesterday = now.date() - timedelta(days=1)
    all_days = Heartbeat.objects.beat(ALL_FIGURES, at_most_every=ALL_EVERY)
    if DayFigure.objects.count_anew(since=None if all_days else yesterday):
        Heartbeat.objects.beat(FIGURES)
    if all_days:
        StepFigure.objects.expired(now=now).delete()
