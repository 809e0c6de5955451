"""The steps on the way to a petition's goal. They rise by themselves, and go on past the goal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count as count_up
from itertools import takewhile

FIRST = 100


def next_step(count: int, goal: int) -> int:
    """The smallest step, or the goal itself, that `count` has not reached."""
    step = next(each for each in _steps() if each > count)
    return min(step, goal) if goal > count else step


def steps_reached(count: int, goal: int) -> list[int]:
    """All steps up to `count`, the goal among them once it is reached."""
    reached = set(takewhile(lambda step: step <= count, _steps()))
    return sorted(reached | {goal} if goal <= count else reached)


def _steps() -> Iterator[int]:
    """100, 250, 500, 1,000, 2,500, 5,000 and so on, without end."""
    for power in count_up():
        for factor in (1, 2.5, 5):
            yield int(FIRST * factor * 10**power)
