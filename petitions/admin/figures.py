"""The first page's figures: what was signed today, this week and in all, by what, and from where.

Totals are the tally's, exact to the moment; days are counted by a tick, so the page says when.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.utils.functional import cached_property
from django_countries import countries

from petitions.admin import chart
from petitions.models import DayFigure, Partner, StepFigure, Tally
from petitions.models.clock import this_hour

By = DayFigure.By

WEEK = timedelta(days=7)
MONTH = timedelta(days=30)
CHARTED = timedelta(days=90)
# Of fewer a share says nothing.
FEWEST_FOR_A_SHARE = 20
COUNTRIES_SHOWN = 12


@dataclass(frozen=True)
class Line:
    """How many signatures, of something that `words` name."""

    words: str
    today: int
    week: int
    total: int


@dataclass(frozen=True)
class StepLine:
    """How many took a step in the last 7 and 30 days, and the share of those of the step before."""

    words: str
    today: int
    week: int
    month: int
    share: int | None


class Figures:
    """Of one petition, or of all, as the database `reader` has them."""

    def __init__(self, petition_id: int | None, *, now: datetime, reader: str) -> None:
        self.petition_id = petition_id
        self.reader = reader
        self.today = now.date()
        self.now = now

    # --- In all

    @cached_property
    def totals(self) -> Counter[tuple[int, str]]:
        """By petition and country."""
        rows = Tally.objects.using(self.reader).order_by().values_list("petition_id", "country")
        return Counter(
            {(petition, country): n for petition, country, n in rows.annotate(n=Sum("count"))}
        )

    def signed(self, petition_id: int | None) -> int:
        return sum(
            n for (petition, _c), n in self.totals.items() if petition_id in {None, petition}
        )

    def line_of(self, words: str, petition_id: int | None) -> Line:
        recent = [
            (day, n)
            for day, petition, by, _value, n in self._recent
            if by == By.ALL and petition_id in {None, petition}
        ]
        return Line(
            words,
            today=sum(n for day, n in recent if day == self.today),
            week=sum(n for _day, n in recent),
            total=self.signed(petition_id),
        )

    # --- By what

    def by_country(self) -> tuple[list[Line], Line | None]:
        """The countries with most signers, and all others in one line, if there are more."""
        totals: Counter[str] = Counter()
        for (petition, country), n in self.totals.items():
            if self.petition_id in {None, petition}:
                totals[country] += n
        lines = self._lines(By.COUNTRY, totals, {code: countries.name(code) for code in totals})
        most, others = lines[:COUNTRIES_SHOWN], lines[COUNTRIES_SHOWN:]
        return most, _sum_of(others) if others else None

    def by_language(self) -> list[Line]:
        return self._lines(By.LANGUAGE, self._older[By.LANGUAGE], dict(settings.LANGUAGES))

    def by_partner(self) -> list[Line]:
        partners = Partner.objects.using(self.reader).order_by()
        names = {str(pk): name for pk, name in partners.values_list("pk", "name")}
        return self._lines(By.PARTNER, self._older[By.PARTNER], names)

    # --- Over time

    def chart(self, *, is_total: bool) -> chart.Chart:
        first = self.today - CHARTED + timedelta(days=1)
        rows = self._mine().filter(by=By.ALL, day__gte=first).order_by().values_list("day")
        counts = dict(rows.annotate(n=Sum("count")))
        days = [first + timedelta(days=place) for place in range(CHARTED.days)]
        by_day = [(day, counts.get(day, 0)) for day in days]
        if not is_total:
            return chart.by_day(by_day)
        before = self.signed(self.petition_id) - sum(counts.values())
        return chart.in_total(by_day, before=max(before, 0))

    def steps(self) -> list[StepLine]:
        """From the page to the confirmed form."""
        since = this_hour(self.now) - MONTH
        rows = StepFigure.objects.using(self.reader).filter(hour__gt=since)
        if self.petition_id:
            rows = rows.filter(petition=self.petition_id)
        today, week, month = Counter[str](), Counter[str](), Counter[str]()
        for day, step, n in (
            rows.order_by().values_list("hour__date", "step").annotate(n=Sum("count"))
        ):
            month[step] += n
            week[step] += n if day > self.today - WEEK else 0
            today[step] += n if day == self.today else 0
        return [
            StepLine(
                str(step.label),
                today[step],
                week[step],
                month[step],
                share=share(month[step], of=month[before]) if before else None,
            )
            for before, step in zip([None, *StepFigure.Step], StepFigure.Step, strict=False)
        ]

    # --- Parts

    def _mine(self) -> QuerySet[DayFigure]:
        rows = DayFigure.objects.using(self.reader)
        return rows.filter(petition=self.petition_id) if self.petition_id else rows

    @cached_property
    def _recent(self) -> list[tuple[date, int, str, str, int]]:
        """All figures of the last seven days."""
        since = self.today - WEEK + timedelta(days=1)
        rows = DayFigure.objects.using(self.reader).filter(by__in=By, day__gte=since).order_by()
        return list(rows.values_list("day", "petition_id", "by", "value", "count"))

    @cached_property
    def _older(self) -> Mapping[str, Counter[str]]:
        """Of all days, what the tally does not tell: by what and its value."""
        rows = self._mine().filter(by__in=[By.LANGUAGE, By.PARTNER]).order_by()
        found: Mapping[str, Counter[str]] = defaultdict(Counter)
        for by, value, n in rows.values_list("by", "value").annotate(n=Sum("count")):
            found[by][value] = n
        return found

    def _lines(self, by: str, totals: Counter[str], names: Mapping[str, str]) -> list[Line]:
        """Most first."""
        today, week = Counter[str](), Counter[str]()
        for day, petition, what, value, n in self._recent:
            if what == by and self.petition_id in {None, petition}:
                week[value] += n
                today[value] += n if day == self.today else 0
        return [
            Line(names.get(value, value), today[value], week[value], n)
            for value, n in totals.most_common()
            if n > 0
        ]


def share(part: int, *, of: int) -> int | None:
    """In percent; None where it would say nothing, or nothing that can be."""
    if of < FEWEST_FOR_A_SHARE or part > of:
        return None
    return round(100 * part / of)


def _sum_of(lines: Iterable[Line]) -> Line:
    lines = list(lines)
    return Line(
        str(len(lines)),
        sum(each.today for each in lines),
        sum(each.week for each in lines),
        sum(each.total for each in lines),
    )
