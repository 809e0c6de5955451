"""A chart of days, as numbers for an SVG: it knows dates and counts, and nothing of the site.

Its shapes are stretched to whatever width there is, so its words stand beside them as HTML and stay
readable on a phone. Whoever does not see it hears a sentence, and finds the figures as a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

# Units of the SVG: a day is one wide, and the tallest bar fits into these.
HEIGHT = 100
GAP = 0.12
# What an axis may end at, times a power of ten: each half of it is a whole number too.
_ENDS = (2, 4, 6, 8, 10)


@dataclass(frozen=True)
class Bar:
    """Numbers are written as SVG wants them, whatever the page's language."""

    day: date
    count: int
    x: str
    y: str
    height: str
    width: str = f"{1 - 2 * GAP:g}"


@dataclass(frozen=True)
class Chart:
    days: list[tuple[date, int]]
    top: int
    is_total: bool

    @property
    def view_box(self) -> str:
        return f"0 0 {len(self.days)} {HEIGHT}"

    @property
    def grid(self) -> str:
        """The lines at the marks, for a path."""
        return "".join(f"M0 {y}H{len(self.days)}" for y in (0, HEIGHT // 2, HEIGHT))

    @property
    def bars(self) -> list[Bar]:
        return [
            Bar(
                day,
                count,
                x=f"{place + GAP:g}",
                y=f"{self._y(count):g}",
                height=f"{HEIGHT - self._y(count):g}",
            )
            for place, (day, count) in enumerate(self.days)
        ]

    @property
    def line(self) -> str:
        """Through the middle of each day, for a polyline."""
        points = (
            f"{place + 0.5:g},{self._y(count):g}" for place, (_day, count) in enumerate(self.days)
        )
        return " ".join(points)

    @property
    def area(self) -> str:
        """What lies under the line, for a polygon."""
        end = len(self.days) - 0.5
        return f"0.5,{HEIGHT} {self.line} {end:g},{HEIGHT}"

    @property
    def marks(self) -> list[int]:
        """The numbers at the side, from the top down."""
        return [self.top, self.top // 2, 0]

    @property
    def dates(self) -> list[date]:
        """The days under it: the first, the middle and the last."""
        days = [day for day, _count in self.days]
        return [days[0], days[len(days) // 2], days[-1]]

    @property
    def first(self) -> tuple[date, int]:
        return self.days[0]

    @property
    def last(self) -> tuple[date, int]:
        return self.days[-1]

    @property
    def most(self) -> tuple[date, int]:
        """The day with the largest number; of several the first."""
        return max(self.days, key=lambda each: each[1])

    @property
    def is_empty(self) -> bool:
        return not any(count for _day, count in self.days)

    def _y(self, count: int) -> float:
        return round(HEIGHT - HEIGHT * count / self.top, 2)


def by_day(days: Sequence[tuple[date, int]]) -> Chart:
    """A bar for each day."""
    return Chart(list(days), top=end_of_axis(max(count for _day, count in days)), is_total=False)


def in_total(days: Sequence[tuple[date, int]], *, before: int) -> Chart:
    """A line that adds each day to those `before` the first."""
    sums = list(accumulate((count for _day, count in days), initial=before))[1:]
    totals = [(day, count) for (day, _count), count in zip(days, sums, strict=True)]
    return Chart(totals, top=end_of_axis(max(sums)), is_total=True)


def end_of_axis(most: int) -> int:
    """The next round number, of which one half is a whole number too."""
    power = 1
    while most > _ENDS[-1] * power:
        power *= 10
    return next(end * power for end in _ENDS if end * power >= most)
