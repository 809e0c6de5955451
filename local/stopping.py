"""How a run ends before its end: trouble, or somebody who wants to stop.

Ctrl-C, SIGTERM and a closed terminal are remembered, and take effect only inside `pause`: so no
program is left half-started, and what stops the servers is never interrupted itself.
"""

import signal
import time
from types import FrameType


class Trouble(Exception):
    """Something that the person at the keyboard must see to, said in one line."""


class Stopped(Exception):
    """The person at the keyboard asked to stop; not an error."""


heard: list[int] = []


def listen() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, hear)


def hear(number: int, _frame: FrameType | None) -> None:
    heard.append(number)


def pause(seconds: float) -> None:
    """Sleeps; raises Stopped as soon as somebody wants to stop."""
    end = time.monotonic() + seconds
    while not heard:
        left = end - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, 0.05))
    raise Stopped
