"""Runs a Python program whose clock is wrong: `python -m bench.other_clock 3600 /…/celery -A …`.

All that Python tells of the time of day is so many seconds ahead (less than 0: behind). What goes
by the monotonic clock goes on as before, as on a machine whose clock is set wrong.
"""

from __future__ import annotations

import datetime as dt
import runpy
import sys
import time
from typing import Any

_true_datetime = dt.datetime
_true_time, _true_time_ns = time.time, time.time_ns


class _AnyDatetime(type(_true_datetime)):  # type: ignore[misc]
    """What C code makes is a datetime, too."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _true_datetime)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _true_datetime)


def set_ahead(seconds: int) -> None:
    by = dt.timedelta(seconds=seconds)

    class Datetime(_true_datetime, metaclass=_AnyDatetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return _true_datetime.now(tz) + by

        @classmethod
        def utcnow(cls) -> Any:
            return _true_datetime.now(dt.UTC).replace(tzinfo=None) + by

        @classmethod
        def today(cls) -> Any:
            return cls.now()

    dt.datetime = Datetime  # type: ignore[misc]
    time.time = lambda: _true_time() + seconds
    time.time_ns = lambda: _true_time_ns() + seconds * 1_000_000_000


def main(seconds: str, program: str, *words: str) -> None:
    sys.argv = [program, *words]
    set_ahead(int(seconds))
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])
