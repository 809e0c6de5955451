"""How far each public log is, as the page and the API show it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Subquery

from petitions.models import Batch, Head, Log
from petitions.models.clock import this_hour
from petitions.web.figures import Ask, figures_now


@dataclass(frozen=True)
class LogFigures:
    ask: Ask
    log: Log
    head: Head
    letters: int
    """How many batches have a head in this log."""
    is_newest: bool
    """An earlier log of the same ask gets nothing more."""

    @property
    def root(self) -> str:
        return base64.b64encode(self.head.root).decode()

    @property
    def published_hour(self) -> datetime:
        return this_hour(self.head.published_at)

    @property
    def waiting(self) -> int:
        """Signatures in the site's count that the log has not got yet.

        The count is read some moments before the log, so it may even be behind.
        """
        return max(self.ask.count - self.head.counted, 0) if self.is_newest else 0


def log_figures() -> list[LogFigures]:
    """Of all logs of public petitions in which anything was published, by their numbers."""
    asks = {ask.petition.pk: ask for ask in figures_now().asks}
    of_log = Head.objects.filter(log=OuterRef("pk")).order_by("-size")
    logs = Log.objects.filter(petition__in=asks).annotate(newest=Subquery(of_log.values("pk")[:1]))
    heads = Head.objects.filter(pk__in=logs.values("newest")).select_related("log")
    return list(_figures(asks, list(heads.order_by("log"))))


def _figures(asks: dict[int, Ask], heads: list[Head]) -> Iterator[LogFigures]:
    newest = {head.log.petition_id: head.log_id for head in heads}
    letters = _letters()
    for head in heads:
        petition_id = head.log.petition_id
        yield LogFigures(
            ask=asks[petition_id],
            log=head.log,
            head=head,
            letters=letters.get(head.log_id, 0),
            is_newest=newest[petition_id] == head.log_id,
        )


def _letters() -> dict[int, int]:
    """By the log's number."""
    batches = Batch.objects.filter(head__isnull=False).order_by()
    return dict(batches.values_list("head__log").annotate(letters=Count("pk")))
