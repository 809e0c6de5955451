"""Counters in Valkey: useful while it is there, and missed by nobody while it is not.

PostgreSQL is the only state; what is counted here may be lost at any moment. So nobody waits for
it: a short time-out, and after a fault some seconds in which it is not asked at all.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError
from redis.retry import Retry

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 0.2
PAUSE_SECONDS = 10

Answer = TypeVar("Answer")


class Counters(redis.Redis):
    """A client whose scripts go over a connection that each thread keeps for itself: a sign request
    asks one, and by the common pool the client's own work takes three times as long.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._own = threading.local()

    def run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """What the script returns."""
        words = (len(keys), *keys, *arguments)
        try:
            return self._say("EVALSHA", _name_of(script), *words)
        except NoScriptError:
            return self._say("EVAL", script, *words)

    def _say(self, *words: Any) -> Any:
        line = self._line()
        try:
            return _answer(line, words)
        except redis.ConnectionError:
            # A server that was restarted has closed it since; to look before would be one more call
            # of the system for each form. By itself it connects anew.
            return _answer(line, words)

    def _line(self) -> Any:
        line = getattr(self._own, "line", None)
        if line is None:
            line = self._own.line = self.connection_pool.make_connection()
        return line


def _answer(line: Any, words: Sequence[Any]) -> Any:
    line.send_command(*words)
    return line.read_response()


@cache
def _name_of(script: str) -> str:
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()


class _Door:
    def __init__(self, url: str) -> None:
        self.server = Counters(
            connection_pool=redis.ConnectionPool.from_url(
                url,
                socket_timeout=PATIENCE_SECONDS,
                socket_connect_timeout=PATIENCE_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
        )
        self.closed_until = 0.0


def ask(question: Callable[[Counters], Answer]) -> Answer | None:
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
