"""What a dry run found, as its page shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from petitions.admin.import_kinds import COLUMNS
from petitions.imports.lines import Line, Verdict, lines_of
from petitions.models import Import
from petitions.vault import VaultError

MOST_SHOWN = 500
LONGEST_SHOWN = 60
# In which order organizers have to look at them.
TO_LOOK_AT = (Verdict.BAD, Verdict.DOUBTFUL, Verdict.DUPLICATE)


@dataclass(frozen=True)
class Problem:
    """One thing to say of one line; `typed` is what stands in that cell."""

    number: int
    verdict: str
    column: str
    typed: str
    words: str


@dataclass(frozen=True)
class Change:
    office: str
    column: str
    before: str
    after: str


class Report:
    def __init__(self, sheet: Import) -> None:
        self.sheet = sheet
        self.titles = COLUMNS[sheet.kind].titles
        self.is_sealed_off = False
        self.lines: list[Line] = []
        self.unread: list[str] = []
        try:
            self.lines = lines_of(sheet)
            self.unread = sheet.open().get("unread", [])
        except VaultError:
            self.is_sealed_off = True

    def counts(self) -> list[tuple[str, int]]:
        return [
            (str(each.label), self.sheet.counts[each])
            for each in Verdict
            if self.sheet.counts.get(each)
        ]

    def count(self, verdict: Verdict) -> int:
        return int(self.sheet.counts.get(verdict, 0))

    def bad(self) -> int:
        return self.count(Verdict.BAD)

    def doubtful(self) -> int:
        return self.count(Verdict.DOUBTFUL)

    def changed(self) -> int:
        return self.count(Verdict.CHANGED)

    def to_look_at(self) -> int:
        return len({problem.number for problem in self._all_problems()})

    def can_be_imported(self) -> bool:
        return any(map(self.count, (Verdict.NEW, Verdict.CHANGED, Verdict.DOUBTFUL)))

    def problems(self) -> list[Problem]:
        """The first of them: bad lines, doubtful ones, duplicates."""
        return self._all_problems()[:MOST_SHOWN]

    def more_problems(self) -> int:
        return max(0, len(self._all_problems()) - MOST_SHOWN)

    def _all_problems(self) -> list[Problem]:
        return [
            self._problem(line, column, words)
            for verdict in TO_LOOK_AT
            for line in self.lines
            if line.verdict == verdict
            for column, words in line.problems
        ]

    def _problem(self, line: Line, column: str, words: str) -> Problem:
        typed = "" if column == "email" and self.sheet.kind == Import.Kind.PAPER else None
        return Problem(
            number=line.number,
            verdict=str(Verdict(line.verdict).label),
            column=str(self.titles.get(column, "")),
            typed=shortened((line.typed or line.values).get(column, "")) if typed is None else "",
            words=words,
        )

    def changes(self) -> list[Change]:
        return list(self._changes())[:MOST_SHOWN]

    def more_changes(self) -> int:
        return max(0, len(list(self._changes())) - MOST_SHOWN)

    def _changes(self) -> Iterator[Change]:
        for line in self.lines:
            for column, before in (line.before or {}).items():
                yield Change(
                    office=f"{line.values['office']}, {line.values['organisation']}",
                    column=str(self.titles[column]),
                    before=shortened(before),
                    after=shortened(line.values[column]),
                )


def why(line: Line) -> str:
    return " ".join(words for _column, words in line.problems)


def shortened(value: Any) -> str:
    words = "; ".join(value) if isinstance(value, list) else str(value)
    return words if len(words) <= LONGEST_SHOWN else f"{words[:LONGEST_SHOWN]}…"


def bad_rows(sheet: Import) -> Iterable[list[str]]:
    """Each bad line as it was typed, with its number and what is wrong."""
    names = list(COLUMNS[sheet.kind].titles)
    for line in lines_of(sheet):
        if line.verdict == Verdict.BAD:
            yield [*(line.typed.get(name, "") for name in names), str(line.number), why(line)]
