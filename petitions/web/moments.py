"""Answers that many get alike, kept in the process for some seconds: a rush of signers shares them."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

# What may not be as old stands in the key.
SECONDS = 10.0
# All languages' pages of a handful of asks; whoever makes up more makes us forget them sooner.
MOST = 200

_kept: dict[Hashable, tuple[float, str]] = {}


def for_a_moment(key: Hashable, make: Callable[[], str]) -> str:
    """What `make` gave under this key a moment ago. Two threads may make it both."""
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
