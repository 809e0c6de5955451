"""Tricks of spelling do not hide a word or a name."""

import pytest

from petitions.models import BlockedWord
from petitions.signatures.blocked_words import watch
from petitions.signatures.folding import alike, fold_name


@pytest.mark.parametrize(
    "name",
    ["ann lee", "ANN  LEE", "Lee, Ann", "Änn Lee", "Аnn Lее", "A n n".replace(" ", "") + " 1ee"],
)
def test_one_name_is_one_however_it_is_written(name):
    assert fold_name(name) == fold_name("Ann Lee")


@pytest.mark.parametrize("name", ["Anna Lee", "Ann Lea", "Боб Ли", ""])
def test_other_names_are_others(name):
    assert fold_name(name) != fold_name("Ann Lee")


def test_names_that_differ_in_a_letter_are_one_group_the_largest_first():
    names = dict(
        enumerate(["Jonathan Smith", "Jonatan Smith", "Jonathan Smyth", "Ann", "Ann", "Eva Braun"])
    )

    assert alike(names, at_least=2) == [[0, 1, 2], [3, 4]]


def test_short_names_must_be_equal():
    assert alike({1: "Ann", 2: "Anne", 3: "Anna"}, at_least=2) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        "Fuck You",
        "FUCKING",
        "fцck".replace("ц", "u"),
        "$hit Head",
        "sh1t",
        "s h i t",
        "Пошёл нахуй".replace("нахуй", "хуй"),
        "xуй",  # the first letter is Latin
        "Kurwa Mać",
        "Scheiße",
        "www.casino.example",
        "Buy at best-pills.com",
        "ann@mail.example",
        "+370 612 34567",
        "@annlee",
    ],
)
def test_a_word_of_the_lists_is_found_in_each_language(name):
    assert watch().hits(name)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        "Ann Lee",
        "Оксана Забужко",
        "Святлана Ціханоўская",
        "Jürgen Müller",
        "Łukasz Żółć",
        "Žydrūnas Šimkus",
        "Jean-Pierre de la Fontaine",
        "Scunthorpe Dickens",
        "Mary O'Neill Jr.",
        "Henry 8",
        "Тестов Иван",
    ],
)
def test_honest_names_are_left_alone(name):
    assert watch().hits(name) == []


@pytest.mark.django_db
def test_organizers_add_words_of_their_own():
    assert watch().hits("Grobian") == []

    BlockedWord.objects.create(language="de", word="grobi*")

    assert watch().hits("Gr0bian Meier") == ["Gr0bian"]
