"""Answers that many get alike, kept in the process for some seconds: a rush of signers shares them.

One thread makes such an answer anew and the others get the old one, or wait for the new one where the
old one is too old. If each made its own, a slow moment would become a standstill: none of them would
be done before the text is too old again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

# What may not be as old stands in the key.
FRESH_SECONDS = 10.0
OLDEST_SECONDS = 20.0
# All languages' pages of a handful of asks; whoever makes up more makes us forget them sooner.
MOST = 200


@dataclass
class _Part:
    text: str = ""
    made_at: float = float("-inf")
    being_made: threading.Lock = field(default_factory=threading.Lock)

    @property
    def age(self) -> float:
        return time.monotonic() - self.made_at


_kept: dict[Hashable, _Part] = {}


def for_a_moment(key: Hashable, make: Callable[[], str]) -> str:
    """What `make` gave under this key some seconds ago, as the constants say."""
    part = _part(key)
    if part.age < FRESH_SECONDS or not part.being_made.acquire(blocking=part.age >= OLDEST_SECONDS):
        return part.text
    try:
        # Perhaps it was made while this thread waited.
        if part.age >= FRESH_SECONDS:
            part.text = make()
            part.made_at = time.monotonic()
        return part.text
    finally:
        part.being_made.release()


def _part(key: Hashable) -> _Part:
    if len(_kept) >= MOST:
        _kept.clear()
    return _kept.setdefault(key, _Part())


def forget() -> None:
    _kept.clear()
