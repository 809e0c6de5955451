"""The chart's geometry and its words, without a page around it."""

from datetime import date, timedelta

import pytest

from petitions.admin.chart import by_day, end_of_axis, in_total

FIRST = date(2026, 11, 1)


def days(*counts):
    return [(FIRST + timedelta(days=place), count) for place, count in enumerate(counts)]


@pytest.mark.parametrize(
    ("most", "end"),
    [(0, 2), (1, 2), (2, 2), (3, 4), (7, 8), (9, 10), (11, 20), (61, 80), (999_999, 1_000_000)],
)
def test_an_axis_ends_at_a_round_number_with_a_whole_half(most, end):
    assert end_of_axis(most) == end
    assert end % 2 == 0


def test_the_tallest_bar_reaches_as_high_as_its_count_says():
    chart = by_day(days(0, 5, 10))

    assert [(bar.x, bar.y, bar.height) for bar in chart.bars] == [
        ("0.12", "100", "0"),
        ("1.12", "50", "50"),
        ("2.12", "0", "100"),
    ]
    assert {bar.width for bar in chart.bars} == {"0.76"}
    assert chart.view_box == "0 0 3 100"
    assert chart.grid == "M0 0H3M0 50H3M0 100H3"
    assert chart.marks == [10, 5, 0]


def test_a_total_adds_each_day_to_what_was_before():
    chart = in_total(days(1, 0, 3), before=6)

    assert [count for _day, count in chart.days] == [7, 7, 10]
    assert chart.line == "0.5,30 1.5,30 2.5,0"
    assert chart.area == "0.5,100 0.5,30 1.5,30 2.5,0 2.5,100"


def test_its_words_name_the_first_and_last_day_and_the_fullest():
    chart = by_day(days(1, 4, 4, 2))

    assert chart.first == (FIRST, 1)
    assert chart.last == (date(2026, 11, 4), 2)
    assert chart.most == (date(2026, 11, 2), 4)
    assert chart.dates == [FIRST, date(2026, 11, 3), date(2026, 11, 4)]


def test_nothing_is_drawn_where_nobody_signed():
    chart = by_day(days(0, 0))

    assert chart.is_empty
    assert [bar.height for bar in chart.bars] == ["0", "0"]
    assert in_total(days(0, 0), before=0).line == "0.5,100 1.5,100"
