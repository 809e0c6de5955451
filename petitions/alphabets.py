"""The order of names in a reader's own alphabet.

Code points put Belarusian "І" before "А" and Polish "Ł" behind "Z". What an alphabet does not name
stands where its letter without the accent stands, which is right for German, French and English.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from django.utils.translation import get_language

ALPHABETS = {
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "ru": "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "be": "абвгдеёжзійклмнопрстуўфхцчшыьэюя",
    "pl": "aąbcćdeęfghijklłmnńoóprsśtuvwxyzźż",
    "lt": "aąbcčdeęėfghiįyjklmnoprsštuųūvzž",
}

Key = list[tuple[int, str]]


def alphabetical(name: str) -> Key:
    """What to sort `name` by, in the language of the moment."""
    places = _places(get_language() or "")
    return [_place(letter, places) for letter in name.casefold()]


def _place(letter: str, places: dict[str, int]) -> tuple[int, str]:
    if letter not in places:
        letter = unicodedata.normalize("NFD", letter)[0]
    return places.get(letter, 0), letter


@cache
def _places(language: str) -> dict[str, int]:
    return {letter: place for place, letter in enumerate(ALPHABETS.get(language, ""), 1)}
