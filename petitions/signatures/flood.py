"""A flood: more sign requests than people send, or mails that hardly anybody answers.

While one lasts, the form offers a proof of work, mails without it wait some minutes, and the
mailer keeps a slow pace where mails go unanswered.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings

from petitions.models import Signature, SignRequest
from petitions.models.clock import database_now, this_hour
from petitions.signatures import counters

log = logging.getLogger(__name__)

FLOOD = "flood"
LASTS_SECONDS = 600

# Mails that wait for each signature, and from how many on this says anything: the first minutes of
# an honest rush have few signatures, too.
UNANSWERED_FOR_ONE = 20
UNANSWERED_AT_LEAST = 3_000
LOOKS_BACK = timedelta(hours=1)

# How old an answer may be, in seconds.
PAGES_LOOK_EVERY = 2
MAILER_LOOKS_EVERY = 30


def lasts() -> bool:
    """Whether there is one, as pages say it."""
    return _lasts(settings.LIMITS_URL, int(time.monotonic() // PAGES_LOOK_EVERY))


@lru_cache(maxsize=1)
def _lasts(_url: str, _tick: int) -> bool:
    return bool(counters.ask(lambda server: server.exists(FLOOD)))


def mails_must_be_held() -> bool:
    """Whether hardly anybody answers our mails; then pages are told that a flood lasts."""
    return _mails_must_be_held(int(time.monotonic() // MAILER_LOOKS_EVERY))


@lru_cache(maxsize=1)
def _mails_must_be_held(_tick: int) -> bool:
    if not mails_go_unanswered(now=database_now()):
        return False
    log.warning("hardly anybody answers our mails: they are held")
    counters.ask(lambda server: server.set(FLOOD, 1, ex=LASTS_SECONDS))
    return True


def mails_go_unanswered(*, now: datetime) -> bool:
    since = this_hour(now) - LOOKS_BACK
    waiting = SignRequest.objects.mailed().filter(created_hour__gte=since).count()
    if waiting < UNANSWERED_AT_LEAST:
        return False
    return waiting > UNANSWERED_FOR_ONE * Signature.objects.confirmed_since(since).count()


def look_anew() -> None:
    """At the next question."""
    _lasts.cache_clear()
    _mails_must_be_held.cache_clear()
