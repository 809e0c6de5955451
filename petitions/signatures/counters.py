"""Counters in Valkey: useful while it is there, and missed by nobody while it is not.

PostgreSQL is the only state; what is counted here may be lost at any moment. So nobody waits for
it: a short time-out, and after a fault some seconds in which it is not asked at all.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import cache
from typing import TypeVar

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 0.2
PAUSE_SECONDS = 10

Answer = TypeVar("Answer")


class _Door:
    def __init__(self, url: str) -> None:
        self.server = redis.Redis.from_url(
            url,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self.closed_until = 0.0


def ask(question: Callable[[redis.Redis], Answer]) -> Answer | None:
    """What the server answers; None where none is named by LIMITS_URL, or it does not answer."""
    if not settings.LIMITS_URL:
        return None
    door = _door(settings.LIMITS_URL)
    if time.monotonic() < door.closed_until:
        return None
    try:
        return question(door.server)
    except (redis.RedisError, OSError) as fault:
        door.closed_until = time.monotonic() + PAUSE_SECONDS
        log.warning("the counters do not answer: %s", type(fault).__name__)
        return None


@cache
def _door(url: str) -> _Door:
    return _Door(url)


def forget_faults() -> None:
    """Ask anew at the next question."""
    _door.cache_clear()
