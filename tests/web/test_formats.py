"""Dates, numbers, plurals and the names of countries, as readers of each language write them."""

from datetime import date, datetime
from gettext import c2py

import pytest
from django.template import Context, Template
from django.utils.translation import override
from django_countries import countries

from local.catalogues import PLURALS
from petitions.web.forms import country_choices

LANGUAGES = ["en", "uk", "ru", "be", "de", "fr", "pl", "lt"]
DAY = datetime(2022, 10, 7, 9, 5)  # noqa: DTZ001 - shown as it stands


def shown(template, language, **values):
    with override(language):
        return Template(template).render(Context(values)).replace("\xa0", "_")


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("en", "7 October 2022"),
        ("uk", "7 жовтня 2022"),
        ("ru", "7 октября 2022"),
        ("be", "7 кастрычніка 2022"),
        ("de", "7. Oktober 2022"),
        ("fr", "7 octobre 2022"),
        ("pl", "7 października 2022"),
        ("lt", "2022 m. spalio 7 d."),
    ],
)
def test_a_date_is_written_as_the_language_writes_it(language, day):
    assert shown('{{ day|date:"DATE_FORMAT" }}', language, day=DAY) == day
    assert shown('{{ day|date:"TIME_FORMAT" }}', language, day=DAY) == "09:05"


def test_belarusian_months_stand_in_the_genitive():
    days = [date(2022, month, 1) for month in range(1, 13)]

    months = [shown("{{ day|date }}", "be", day=day).split()[1] for day in days]

    assert " ".join(months) == (
        "студзеня лютага сакавіка красавіка мая чэрвеня ліпеня жніўня верасня кастрычніка"
        " лістапада снежня"
    )


@pytest.mark.parametrize(
    ("language", "number"),
    [
        ("en", "12,345,678"),
        ("uk", "12_345_678"),
        ("ru", "12_345_678"),
        ("be", "12_345_678"),
        ("de", "12.345.678"),
        ("fr", "12_345_678"),
        ("pl", "12_345_678"),
        ("lt", "12_345_678"),
    ],
)
def test_thousands_are_grouped_as_the_language_groups_them(language, number):
    assert shown('{{ number|floatformat:"0g" }}', language, number=12_345_678) == number


@pytest.mark.parametrize(
    ("language", "groups"),
    [
        ("uk", [[1, 21, 101], [2, 4, 22], [0, 5, 11, 12, 14, 111]]),
        ("ru", [[1, 21, 101], [2, 4, 22], [0, 5, 11, 12, 14, 111]]),
        ("be", [[1, 21, 101], [2, 4, 22], [0, 5, 11, 12, 14, 111]]),
        ("pl", [[1], [2, 4, 22, 102], [0, 5, 11, 12, 14, 21, 112]]),
        ("lt", [[1, 21, 101], [2, 9, 22, 29], [0, 10, 11, 12, 19, 20, 111]]),
        ("de", [[1], [0, 2, 21]]),
        ("fr", [[0, 1], [2, 21]]),
    ],
)
def test_numbers_take_the_plural_form_of_their_language(language, groups):
    form = c2py(PLURALS[language].partition("plural=")[2].rstrip(";"))

    assert [{form(number) for number in group} for group in groups] == [
        {place} for place in range(len(groups))
    ]


@pytest.mark.parametrize(
    ("language", "belarus", "kosovo"),
    [
        ("en", "Belarus", "Kosovo"),
        ("uk", "Білорусь", "Косово"),
        ("ru", "Беларусь", "Косово"),
        ("be", "Беларусь", "Косава"),
        ("de", "Belarus", "Kosovo"),
        ("fr", "Bélarus", "Kosovo"),
        ("pl", "Białoruś", "Kosowo"),
        ("lt", "Baltarusija", "Kosovas"),
    ],
)
def test_countries_bear_their_right_names(language, belarus, kosovo):
    with override(language):
        assert (countries.name("BY"), countries.name("XK")) == (belarus, kosovo)
        names = [name for _, name in countries]
    assert len(names) == len(set(names)) == 250


def test_every_country_has_a_belarusian_name():
    with override("be"):
        names = [str(name) for _, name in countries]

    assert [
        name for name in names if not any("а" <= letter <= "я" or letter in "іў" for letter in name)
    ] == []


@pytest.mark.parametrize(
    ("language", "order"),
    [
        ("en", ["Åland Islands", "Albania", "Zimbabwe"]),
        ("uk", ["Замбія", "Ізраїль", "Йорданія", "Казахстан", "Японія"]),
        ("be", ["Замбія", "Зімбабвэ", "Іарданія", "Індыя", "Казахстан", "Узбекістан", "Фінляндыя"]),
        ("ru", ["Египет", "Замбия", "Йемен", "Кабо-Верде", "Япония"]),
        ("pl", ["Brazylia", "Luksemburg", "Łotwa", "Macedonia Północna", "Świat"]),
        ("lt", ["Ispanija", "Izraelis", "Jamaika", "Serbija", "Šveicarija", "Ukraina"]),
        ("de", ["Oman", "Österreich", "Panama"]),
    ],
)
def test_countries_stand_in_the_order_of_the_languages_own_alphabet(language, order):
    with override(language):
        names = [str(name) for code, name in country_choices() if code]

    assert [name for name in names if name in order] == [name for name in order if name in names]
    assert len([name for name in order if name in names]) >= 3
