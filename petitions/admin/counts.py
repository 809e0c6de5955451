"""How many rows belong to each of a list, counted within the list's own query."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet, Subquery
from django.db.models.functions import Coalesce


def count_of(rows: QuerySet[Any], by: str) -> Coalesce:
    """An annotation; `rows` are those of an `OuterRef`, which they have as `by`.

    Joined instead, several such counts multiply each other, and one reads every row for its key.
    """
    counted = rows.order_by().values(by).annotate(found=Count("*")).values("found")
    return Coalesce(Subquery(counted), 0)
