"""What is written in a cell, in whichever of the site's languages: countries, visibilities."""

from __future__ import annotations

import unicodedata
from functools import cache

from django.conf import settings
from django.utils.translation import override
from django_countries import countries

from petitions.models import Visibility


def country_code(typed: str) -> str:
    """ISO's two letters, for a code or a name; empty where nobody can say which."""
    code: str = countries.alpha2(typed.strip().upper()) if typed.isascii() else ""
    return code or _country_names().get(folded(typed), "")


def visibility_of(typed: str) -> str:
    """The choice's value; empty where it is none."""
    return _visibilities().get(folded(typed), "")


def folded(words: str) -> str:
    """Without capitals, accents and punctuation: what two spellings of one name share."""
    decomposed = unicodedata.normalize("NFKD", words).casefold()
    letters = (each if each.isalnum() else " " for each in decomposed if not _is_accent(each))
    return " ".join("".join(letters).split())


def _is_accent(letter: str) -> bool:
    """Apostrophes and full stops within a word part nothing: U.S. and US are one."""
    return unicodedata.combining(letter) != 0 or letter in "'’ʼ."


@cache
def _country_names() -> dict[str, str]:
    """A name that means two countries in two languages means none here."""
    names: dict[str, set[str]] = {}
    for language, _its_name in settings.LANGUAGES:
        with override(language):
            for code, name in countries:
                names.setdefault(folded(name), set()).add(code)
    return {name: codes.pop() for name, codes in names.items() if len(codes) == 1}


@cache
def _visibilities() -> dict[str, str]:
    words = {folded(each.value): each.value for each in Visibility}
    for language, _its_name in settings.LANGUAGES:
        with override(language):
            for each in Visibility:
                words.setdefault(folded(str(each.label)), each.value)
    return words
