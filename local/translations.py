"""The checks of `make check` that no translation is missing, unsure or broken."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from gettext import c2py
from typing import Any

import polib

from local.catalogues import PLURALS, NoGettext, find_words, forms, key, read

PLACEHOLDER = re.compile(r"%\(\w+\)\w|%[sd]|\{\w*\}")
TAG = re.compile(r"</?[a-z][^>]*>")
SHOWN = 60
# As many as a person mends before looking again.
NAMED = 20
NO_GETTEXT = (
    "THIS MACHINE HAS NO GNU GETTEXT: words that are new in the code were not looked for;\n"
    "the catalogues were only compared with each other."
)


def judge_catalogues() -> tuple[list[str], str]:
    """What is wrong with the catalogues, and a line for each language."""
    catalogues = {language: read(language) for language in PLURALS}
    notice = ""
    try:
        words = {key(entry): entry for entry in find_words()}
    except NoGettext:
        notice = NO_GETTEXT + "\n"
        words = {key(entry): entry for each in catalogues.values() for entry in each}
    problems, lines = [], []
    for language, catalogue in catalogues.items():
        found = list(problems_of(language, catalogue, words))
        problems += [f"{language}: {problem}" for problem in found[:NAMED]]
        if more := found[NAMED:]:
            problems.append(f"{language}: … and {len(more)} more")
        lines.append(f"{language} {counted(found)}")
    return problems, notice + "\n".join(lines)


def problems_of(
    language: str, catalogue: polib.POFile, words: dict[tuple[str, str, str], polib.POEntry]
) -> Iterator[str]:
    """Each begins with its kind, as `counted` counts them."""
    known = {key(entry): entry for entry in catalogue if not entry.obsolete}
    for entry in catalogue:
        if entry.obsolete or key(entry) not in words:
            yield f"obsolete: {brief(entry.msgid)}"
    if catalogue.metadata.get("Plural-Forms") != PLURALS[language]:
        yield "broken: the header's Plural-Forms are not those of local/catalogues.py"
    for each in words:
        translation = known.get(each)
        if translation is None:
            yield f"untranslated: {brief(each[1])}"
        else:
            yield from problems_of_entry(language, translation)


def problems_of_entry(language: str, entry: polib.POEntry) -> Iterator[str]:
    if entry.fuzzy:
        yield f"fuzzy: {brief(entry.msgid)}"
    elif not entry.translated():
        yield f"untranslated: {brief(entry.msgid)}"
    elif not entry.msgid_plural:
        yield from differences(entry.msgid, entry.msgstr)
    elif set(entry.msgstr_plural) != set(range(forms(language))):
        yield f"broken: {forms(language)} plural forms are needed: {brief(entry.msgid)}"
    else:
        for form, text in entry.msgstr_plural.items():
            is_one = form == 0 and zeroth_is_one(language)
            yield from differences(entry.msgid_plural, text, may_drop_number=is_one)


def differences(source: str, text: str, *, may_drop_number: bool = False) -> Iterator[str]:
    """Placeholders as a set, since a language may need one twice; tags as often as they stand."""
    wanted, found = set(PLACEHOLDER.findall(source)), set(PLACEHOLDER.findall(text))
    if found - wanted or len(wanted - found) > may_drop_number:
        yield f"broken: {listed(wanted)} became {listed(found)}: {brief(source)}"
    tags, found_tags = Counter(TAG.findall(source)), Counter(TAG.findall(text))
    if tags != found_tags:
        yield f"broken: {listed(tags)} became {listed(found_tags)}: {brief(source)}"


def zeroth_is_one(language: str) -> bool:
    """Whether the first form stands for the number 1 alone, and not for 21 or 0 as well."""
    rule: Any = c2py(PLURALS[language].partition("plural=")[2].rstrip(";"))
    return [number for number in range(200) if rule(number) == 0] == [1]


def counted(problems: list[str]) -> str:
    kinds = Counter(problem.partition(":")[0] for problem in problems)
    always = [f"{kinds[kind]} {kind}" for kind in ("untranslated", "fuzzy")]
    others = [f"{kinds[kind]} {kind}" for kind in ("obsolete", "broken") if kinds[kind]]
    return ", ".join(always + others)


def listed(words: set[str] | Counter[str]) -> str:
    return " ".join(sorted(words)) or "nothing"


def brief(text: str) -> str:
    line = " ".join(text.split())
    return f"“{line if len(line) <= SHOWN else line[:SHOWN] + '…'}”"
