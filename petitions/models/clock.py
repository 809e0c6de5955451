"""The time that all processes share, how coarsely it is kept, and how pauses are spread."""

import random
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

# How long a form waits for the link in its mail.
REQUEST_LIFE = timedelta(hours=72)


def database_now() -> datetime:
    """PostgreSQL's clock, for what two machines must agree on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    assert isinstance(now, datetime)  # noqa: S101 - tells the type checker what the query returns
    return now


def transaction_now() -> datetime:
    """The same clock, stopped when the transaction began: one time for all that it stores."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT transaction_timestamp()")
        (now,) = cursor.fetchone()
    assert isinstance(now, datetime)  # noqa: S101 - as above
    return now


def this_hour(now: datetime | None = None) -> datetime:
    """The hour that began last: no signature's time is kept more exactly."""
    return (now or timezone.now()).replace(minute=0, second=0, microsecond=0)


def this_day(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def jitter() -> float:
    """A factor from 0.8 to 1.2, so that what failed together does not come up together."""
    return random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing
