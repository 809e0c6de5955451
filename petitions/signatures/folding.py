"""What words and names look like once spelling tricks are taken off them."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from typing import TypeVar

from petitions.signatures.addresses import plainest

_LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"}
)
# Letters drawn alike within Latin, which the table of confusables leaves apart.
_ONE_STROKE = str.maketrans({"l": "i", "j": "i", "|": "i", "!": "i"})
_NAME_NEARLY = 6
Key = TypeVar("Key")


def fold(text: str) -> str:
    """Small plain letters; other alphabets' letters become the Latin ones that are drawn like them.

    It is for comparing with what was folded too, never for showing.
    """
    small = unicodedata.normalize("NFKC", text).casefold()
    decomposed = unicodedata.normalize("NFKD", small)
    letters = "".join(each for each in decomposed if not unicodedata.combining(each))
    plain = "".join(map(plainest, letters)).casefold()
    return plain.translate(_LEET).translate(_ONE_STROKE)


def fold_name(name: str) -> str:
    """A name's letters alone, its words in one order: “Lee, Ann” is “Ann Lee”."""
    return " ".join(sorted(re.findall(r"[^\W\d_]+", fold(name))))


def alike(names: Mapping[Key, str], *, at_least: int) -> list[list[Key]]:
    """Those whose names are equal once folded, or differ in a letter; the largest group first."""
    by_name: dict[str, list[Key]] = defaultdict(list)
    for key, name in names.items():
        if folded := fold_name(name):
            by_name[folded].append(key)
    groups = [
        [key for name in near for key in by_name[name]] for near in _near_each_other(list(by_name))
    ]
    return sorted((each for each in groups if len(each) >= at_least), key=len, reverse=True)


def _near_each_other(names: list[str]) -> list[list[str]]:
    """Names that have the same rest when each loses a letter are in one group."""
    leader = {name: name for name in names}

    def lead(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    seen: dict[str, str] = {}
    for name in names:
        for rest in _without_a_letter(name):
            leader[lead(name)] = lead(seen.setdefault(rest, name))
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[lead(name)].append(name)
    return list(groups.values())


def _without_a_letter(name: str) -> set[str]:
    """A short name differs in a letter from many people's."""
    if len(name) < _NAME_NEARLY:
        return {name}
    return {name} | {name[:place] + name[place + 1 :] for place in range(len(name))}
