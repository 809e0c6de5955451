"""What robots do and people don't: fill in what nobody sees, and answer a page in no time.

The form carries two fields that are not the supporter's: one that must stay empty, and a signed
stamp of when its page was made. Pages are the same for everybody for a second or two, so the stamp
names nobody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from django.core.signing import BadSignature, Signer

from petitions.signatures import flood

# No word that browsers or password managers would fill in.
HONEYPOT = "topic"
STAMP = "stamp"
# Nobody reads and fills in the form faster; and a day is enough, a robot's supply would last.
READING_SECONDS = 3
DAY_SECONDS = 24 * 3600
LONGEST_STAMP = 100
_stamp_in = re.compile(rb'(?<=name="stamp" value=")[^"]*').sub


def context(posted: Mapping[str, str], *, now: datetime) -> dict[str, Any]:
    """What the form's template needs. Who corrects a mistake keeps the stamp."""
    kept = posted.get(STAMP, "")
    return {
        "honeypot": HONEYPOT,
        "stamp": make_stamp(now) if _seconds_since(kept, now=now) is None else kept,
        "flood": flood.lasts(),
    }


def make_stamp(now: datetime) -> str:
    return _signer().sign(str(int(now.timestamp())))


def without_stamp(page: bytes) -> bytes:
    """What the page says; its stamp is another one each time that it is made."""
    return _stamp_in(b"", page)


def is_filled(posted: Mapping[str, str]) -> bool:
    return bool(posted.get(HONEYPOT))


def came_like_a_robot(posted: Mapping[str, str], *, now: datetime) -> bool:
    """Without a stamp of ours, or with one too fresh or too old for a person."""
    seconds = _seconds_since(posted.get(STAMP, ""), now=now)
    return seconds is None or not READING_SECONDS <= seconds <= DAY_SECONDS


def _seconds_since(stamp: str, *, now: datetime) -> float | None:
    """None where the stamp is not ours."""
    made_at = _made_at(stamp) if len(stamp) <= LONGEST_STAMP else None
    return None if made_at is None else now.timestamp() - made_at


@lru_cache(maxsize=1000)
def _made_at(stamp: str) -> int | None:
    """All who were shown the page of one second have the same."""
    try:
        return int(_signer().unsign(stamp))
    except BadSignature:
        return None


@cache
def _signer() -> Signer:
    return Signer(salt="a form's stamp")
