"""What a check has found, line by line, in the order in which it was looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

SHOWN_OF_A_KIND = 10


class Wrong(Exception):
    """What is published is such that nothing more can be checked; says why."""


class Mark(StrEnum):
    RIGHT = "ok"
    NOTE = "note"
    WRONG = "WRONG"


@dataclass
class Report:
    lines: list[tuple[Mark, str]] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        return [text for mark, text in self.lines if mark is Mark.WRONG]

    def right(self, text: str) -> None:
        self.lines.append((Mark.RIGHT, text))

    def note(self, text: str) -> None:
        self.lines.append((Mark.NOTE, text))

    def wrong(self, text: str) -> None:
        self.lines.append((Mark.WRONG, text))

    def conclude(self, problems: Sequence[str], *, right: str) -> None:
        """All the problems of one question, or that there is none."""
        for problem in problems[:SHOWN_OF_A_KIND]:
            self.wrong(problem)
        if more := len(problems[SHOWN_OF_A_KIND:]):
            self.wrong(f"And {more:,} more of this kind.")
        if not problems:
            self.right(right)

    def __str__(self) -> str:
        return "\n".join(f"{mark:<6} {printable(text)}" for mark, text in self.lines)


def printable(text: str) -> str:
    """What a site says must not steer the terminal that shows it."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def leaf_name(place: int) -> str:
    """People count from 1."""
    return f"leaf {place + 1:,}"
