"""What a spreadsheet would run must reach it as text, and everything else unchanged."""

import csv
import io

import pytest

from petitions.spreadsheets import csv_line, harmless

RUN_BY_SPREADSHEETS = [
    "=1+1",
    '=HYPERLINK("https://evil.example")',
    "+1",
    "-1",
    "@SUM(1)",
    "\t=1",
    "\0=1",
    "\tx",
    "\rx",
    "\nx",
    "\0x",
    "＝1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "﹦1",
    " =1",
    "\u00a0=1",
    "\u3000=1",
    "\ufeff=1",
    "\u200b=1",
    '"=1',
    "'=1",
    "”=1",
    ' "\u200e＝1',
    "-",
    "=",
]

LEFT_AS_THEY_ARE = [
    "",
    "Ann Lee",
    "O'Neill",
    "'t Hooft",
    "d’Arc",
    "Анна Каренина",
    "אנה",
    "1+1=2",
    "a=b",
    "mail@mail.example",
    "Jean-Luc",
    "“Quoted”",
    'She said "no".\nAnd left.',
    "first\r\nsecond",
    "one; two",
    "SW1A 1AA",
]

BEGINS_AFTER_A_SEPARATOR = [
    ("hello;=1+1", "hello;'=1+1"),
    ('hello; "=1+1', "hello;' \"=1+1"),
    ("hello\n=1+1", "hello\n'=1+1"),
    ("hello\r\n@SUM(1)", "hello\r\n'@SUM(1)"),
    ("a;=1;=2", "a;'=1;'=2"),
    ("=1\n=2", "'=1\n'=2"),
    ("\n=1", "'\n'=1"),
]


@pytest.mark.parametrize("cell", RUN_BY_SPREADSHEETS)
def test_a_cell_that_would_run_becomes_text(cell):
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", LEFT_AS_THEY_ARE)
def test_a_cell_that_is_text_already_stays_as_it_is(cell):
    assert harmless(cell) == cell


@pytest.mark.parametrize(("cell", "made"), BEGINS_AFTER_A_SEPARATOR)
def test_a_formula_behind_a_separator_of_other_countries_becomes_text(cell, made):
    assert harmless(cell) == made


def test_cells_come_back_from_a_line_as_they_were_made():
    cells = [*RUN_BY_SPREADSHEETS, *LEFT_AS_THEY_ARE]

    (row,) = csv.reader(io.StringIO(csv_line(cells), newline=""))

    assert row == [harmless(cell) for cell in cells]


@pytest.mark.parametrize(
    "cell", RUN_BY_SPREADSHEETS + [cell for cell, _ in BEGINS_AFTER_A_SEPARATOR]
)
def test_no_cell_runs_where_semicolons_part_them(cell):
    line = csv_line(["reference", cell, "end"])

    rows = csv.reader(io.StringIO(line, newline=""), delimiter=";")

    assert not any(begins_a_formula(seen) for row in rows for seen in row)


def begins_a_formula(cell):
    """As the most generous spreadsheet would see it: an apostrophe makes text of all behind it."""
    return cell.lstrip('\t "“”\u00a0\u3000\ufeff\u200b\u200e\0')[:1] in {*"=+-@＝＋－＠﹦﹢﹣﹫"}
