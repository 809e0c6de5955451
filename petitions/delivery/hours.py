"""When an office is at work: letters that come at night are read last, or taken for spam."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS, CLOSES = time(8), time(18)
SATURDAY = 5


def next_open_moment(time_zone: str, now: datetime) -> datetime:
    """`now` while the office works, else when it next opens; without a time zone it never closes."""
    if not time_zone:
        return now
    zone = ZoneInfo(time_zone)
    local = now.astimezone(zone)
    day = local.date()
    if is_working_day(day) and OPENS <= local.time() < CLOSES:
        return now
    if local.time() >= CLOSES:
        day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return datetime.combine(day, OPENS, zone).astimezone(UTC)


def is_working_day(day: date) -> bool:
    return day.weekday() < SATURDAY
