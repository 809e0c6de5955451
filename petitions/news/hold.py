"""News that is going out is paused, goes on, or is stopped for good. Each move happens once."""

from __future__ import annotations

from datetime import datetime

from petitions.models import NewsItem

State = NewsItem.State


def pause(item: NewsItem) -> bool:
    """What has not gone out waits; False where it did not go out."""
    return _move(item, {State.GOING}, state=State.PAUSED)


def resume(item: NewsItem, *, now: datetime) -> bool:
    return _move(item, {State.PAUSED}, state=State.GOING, resumed_at=now)


def stop(item: NewsItem) -> bool:
    """What has not gone out never will: the mailer erases it with its next tick."""
    return _move(item, {State.GOING, State.PAUSED}, state=State.STOPPED)


def _move(item: NewsItem, states: set[NewsItem.State], **changes: object) -> bool:
    return NewsItem.objects.filter(pk=item.pk, state__in=states).update(**changes) == 1
