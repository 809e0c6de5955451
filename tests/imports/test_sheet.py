"""A sheet as Excel, LibreOffice and people save it becomes rows, or words about what is wrong."""

import time

import pytest
from django.utils.translation import override

from petitions.imports import offices, paper
from petitions.imports.sheet import MOST_LINES, SheetNotValid, read_sheet
from petitions.imports.words import country_code, folded, visibility_of

ROW = {"name": "Zoë Łuck", "country": "LT"}


def read(data, columns=paper.COLUMNS):
    return read_sheet(data if isinstance(data, bytes) else data.encode(), columns)


@pytest.mark.parametrize(
    "data",
    [
        "name,country\nZoë Łuck,LT\n".encode(),
        "name;country\r\nZoë Łuck;LT\r\n".encode("utf-8-sig"),
        "sep=;\r\nname;country\r\nZoë Łuck;LT\r\n".encode("utf-8-sig"),
        "name\tcountry\r\nZoë Łuck\tLT\r\n".encode("utf-16"),
        '"Country";" NAME "\n"LT";"Zoë Łuck"'.encode(),
        "country,phone,name\nLT,1,Zoë Łuck\n".encode(),
        "country;name\n\n\nLT;Zoë Łuck".encode(),
    ],
    ids=["plain", "excel", "sep", "utf-16", "quoted", "unknown column", "empty lines"],
)
def test_a_sheet_is_read_however_it_was_saved(data):
    (row,) = read(data).rows

    assert row.cells == ROW


def test_a_row_has_the_number_that_a_spreadsheet_shows():
    rows = read('name,country\n\n"Ann\nLee",LT\nBob,DE\n').rows

    assert [each.number for each in rows] == [3, 4]


def test_titles_may_be_in_any_language_of_the_site(words):
    title = {"msgctxt": "column of a sheet"}
    words("uk", {**title, "msgid": "name", "msgstr": "ім’я"})
    columns = type(paper.COLUMNS)({**paper.COLUMNS.titles, "x": "x"}, paper.COLUMNS.required)

    assert read("Ім’я;country\nZoë Łuck;LT\n", columns).rows[0].cells == ROW


def test_titles_that_are_not_ours_are_named():
    sheet = read("name,country,phone,e-mial,line,problem\nZoë Łuck,LT,1,2,3,4\n")

    assert sheet.unread == ["phone", "e-mial"]
    assert sheet.rows[0].cells == ROW


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("name,country\nZoë,LT\n".encode("latin-1"), "not UTF-8"),
        ("name,country\nЗоя,LT\n".encode("cp1251"), "not UTF-8"),
        ("name,country\nZoë,LT\n".encode("utf-16-le"), "not UTF-8"),
        (b"PK\x03\x04rest of a workbook", "workbook"),
        (b"Ann Lee,LT\nBob Ray,DE\n", "first line must hold the columns’ titles: name, country"),
        (b"name,postcode\nAnn,1\n", "missing: country."),
        (b"name,country,Name\nAnn,LT,Ann\n", "twice: name."),
        (b"name,country\n", "no line below"),
        (b"\n\n\n", "first line must hold"),
        (b'name,country\n"' + b"x" * 200_000, "can't be read as CSV"),
        (b"," * 1_000_000 + b"\n", "first line must hold"),
    ],
)
def test_what_is_wrong_with_a_whole_sheet_is_said_in_words(data, said):
    with pytest.raises(SheetNotValid, match=said):
        read(data)


def test_a_line_of_a_million_cells_is_one_bad_line():
    began = time.monotonic()
    sheet = read(b"name,country\nAnn,LT" + b"," * 999_999 + b"x\nBob,DE\n")

    assert [each.has_too_many for each in sheet.rows] == [True, False]
    assert time.monotonic() - began < 5


def test_a_sheet_has_at_most_so_many_lines():
    line = b"Ann,LT\n"
    assert len(read(b"name,country\n" + line * MOST_LINES).rows) == MOST_LINES

    with pytest.raises(SheetNotValid, match="at most 10,000 lines"):
        read(b"name,country\n" + line * (MOST_LINES + 1))


def test_what_our_own_files_guard_from_spreadsheets_comes_back_as_it_was():
    (row,) = read("name,country\n'-Ann,LT\n").rows
    assert row.cells["name"] == "-Ann"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("LT", "LT"),
        ("lt", "LT"),
        ("LTU", "LT"),
        ("Lithuania", "LT"),
        ("Литва", "LT"),
        ("LIETUVA", "LT"),
        ("Côte d'Ivoire", "CI"),
        ("Deutschland", "DE"),
        ("Atlantis", ""),
        ("", ""),
    ],
)
def test_a_country_is_known_by_code_and_by_name_in_any_language(typed, code):
    assert country_code(typed) == code


def test_visibility_is_known_in_any_language():
    assert [visibility_of(each) for each in ("PUBLIC", "officials only", "nobody")] == [
        "public",
        "officials",
        "",
    ]


def test_spellings_of_one_name_fold_to_one():
    assert folded("U.S. Department of State") == folded("us department  OF state")
    assert folded("Ministère") == folded("Ministere")


@pytest.mark.parametrize("columns", [paper.COLUMNS, offices.COLUMNS])
@pytest.mark.parametrize("language", ["uk", "ru", "be", "de", "fr", "pl", "lt"])
def test_no_two_columns_have_one_title(columns, language):
    with override(language):
        titles = [str(title).casefold() for title in columns.titles.values()]

    assert len(set(titles)) == len(titles)
