"""A campaign after seven months, with a million signatures: local/filling.py writes it."""

from __future__ import annotations

import time
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from local.filling import fill
from petitions.models import AuditEntry, DayFigure

ROWS = 1_000_000
ENTRIES = 10_000


def make_million(user: User) -> dict[str, float]:
    """Seconds that it took to write them, and to count them by day."""
    AuditEntry.objects.bulk_create(
        AuditEntry(at=timezone.now(), user=user, action="read", count=1, link=bytes(32))
        for _ in range(ENTRIES)
    )
    seconds = fill(ROWS).seconds
    began = time.perf_counter()
    DayFigure.objects.count_anew(since=timezone.now().date() - timedelta(days=1))
    return {
        "made": sum(seconds[part] for part in ("rows", "indexes", "tallies", "vacuum")),
        "look_alikes": seconds["look_alikes"],
        "all_days": seconds["figures"],
        "two_days": time.perf_counter() - began,
    }
