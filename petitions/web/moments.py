"""Parts of answers that many get alike within a moment, kept in the process for as long."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

SECONDS = 1.0
# All languages' pages of a handful of asks; whoever makes up more makes us forget them sooner.
MOST = 200

_kept: dict[Hashable, tuple[float, str]] = {}


def for_a_moment(key: Hashable, make: Callable[[], str]) -> str:
    """What `make` gave under this key at most a second ago. Two threads may make it both."""
    made_at, text = _kept.get(key, (0.0, ""))
    now = time.monotonic()
    if text and now - made_at < SECONDS:
        return text
    if len(_kept) >= MOST:
        _kept.clear()
    text = make()
    _kept[key] = now, text
    return text


def forget() -> None:
    _kept.clear()
