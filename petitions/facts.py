"""The facts of a campaign, from `content/campaign.toml`. Settings read them too: so no model here."""

from __future__ import annotations

import re
from datetime import date
from email.headerregistry import Address
from pathlib import Path
from typing import Any

from petitions.content_files import Place, place_of, read_toml

# What the site itself speaks, each by its own name, so that its readers find it whatever the page's
# language is. English comes first: the site's own words are translated from it.
SPOKEN = {
    "en": "English",
    "uk": "Українська",
    "ru": "Русский",
    "be": "Беларуская",
    "de": "Deutsch",
    "fr": "Français",
    "pl": "Polski",
    "lt": "Lietuvių",
}
FIRST = "en"

# Of each table the facts that it must have, and those that it may have.
TABLES: dict[str, tuple[set[str], set[str]]] = {
    "": ({"name", "tagline"}, {"exit_url", "source_url"}),
    "controller": ({"name", "email"}, set()),
    "article": ({"title", "publisher", "published", "url"}, {"language"}),
    "notices": (set(), {"before_signing", "offices", "sharing"}),
    "consent": ({"changed"}, {"recipients", "risk"}),
}
REQUIRED = ("controller",)
# They are said again in each language; so are notices and the words of the consent.
TRANSLATED = {"tagline", "published"}
COLOURS = {
    *("paper", "sheet", "ink", "soft", "rule", "edge", "accent", "pressed", "on-accent"),
    *("wash", "copy", "band", "on-band", "band-link", "wrong"),
}
COLOUR = re.compile(r"#[0-9a-f]{6}")


def read_facts(directory: Path) -> dict[str, Any]:
    """Raises ContentNotValid: the file is missing, or something in it is."""
    path = directory / "campaign.toml"
    facts = read_toml(path)
    _check_names(facts, path)
    for name, (needed, possible) in TABLES.items():
        table = facts if not name else facts.get(name)
        if table is None and name not in REQUIRED:
            continue
        _check_table(name, table or {}, needed, possible, path)
    for language, words in facts.get("languages", {}).items():
        _check_language(language, words, path)
    _check_colours(facts.get("colours", {}), path)
    return facts


def languages_of(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """English, and those that have words in the campaign, in its order."""
    codes = [FIRST, *(code for code in facts.get("languages", {}) if code != FIRST)]
    return [(code, SPOKEN[code]) for code in codes]


def sender(facts: dict[str, Any], mailbox: str) -> str:
    """Who mails come from where no setting says so: at the domain of whoever is responsible."""
    domain = facts["controller"]["email"].rpartition("@")[2]
    return str(Address(facts["name"], mailbox, domain))


def in_language(facts: dict[str, Any], language: str) -> dict[str, Any]:
    """The facts with their words in one language; what it lacks is said in the first one."""
    words = facts.get("languages", {}).get(language, {})
    article = facts.get("article")
    return {
        **{name: value for name, value in facts.items() if name != "languages"},
        "tagline": words.get("tagline", facts.get("tagline", "")),
        "article": article
        and {**article, "published": words.get("published", article["published"])},
        "notices": {**facts.get("notices", {}), **words.get("notices", {})},
        "consent": {**facts.get("consent", {}), **words.get("consent", {})},
    }


def _check_names(facts: dict[str, Any], path: Path) -> None:
    needed, possible = TABLES[""]
    known = needed | possible | TABLES.keys() | {"languages", "colours"}
    for name in facts.keys() - known:
        raise place_of_any(path, name).wrong(f"nothing here is called {name}.")


def _check_table(
    name: str, table: dict[str, Any], needed: set[str], possible: set[str], path: Path
) -> None:
    where = f" in [{name}]" if name else ""
    for fact in sorted(needed - table.keys()):
        raise place_of_any(path, name).wrong(f"{fact} is missing{where}.")
    for fact, value in table.items():
        if name and fact not in needed | possible:
            raise place_of(path, fact).wrong(f"nothing{where} is called {fact}.")
        if fact in needed | possible:
            _check_value(fact, value, path)


def _check_value(fact: str, value: object, path: Path) -> None:
    if fact == "changed":
        if type(value) is not date:
            raise place_of(path, fact).wrong(f"{fact} must be a day, as in 2026-11-28.")
        return
    if not isinstance(value, str) or not value.strip():
        raise place_of(path, fact).wrong(f"{fact} must be words between quotation marks.")
    if fact == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise place_of(path, fact).wrong(f"{value} is no address.")
    if fact in {"url", "exit_url", "source_url"} and not re.match(r"https?://\S+$", value):
        raise place_of(path, fact).wrong(f"{value} does not begin with https://.")


def _check_language(language: str, words: dict[str, Any], path: Path) -> None:
    place = place_of_any(path, f"languages.{language}")
    if language not in SPOKEN:
        raise place.wrong(f"the site does not speak “{language}”, but {', '.join(SPOKEN)}.")
    for name, value in words.items():
        if name in TRANSLATED:
            _check_value(name, value, path)
        elif name in {"notices", "consent"}:
            _check_table(name, value, set(), TABLES[name][1], path)
        else:
            raise place.wrong(f"nothing in [languages.{language}] is called {name}.")


def _check_colours(colours: dict[str, Any], path: Path) -> None:
    light = [pair for pair in colours.items() if pair[0] != "dark"]
    for name, value in [*light, *colours.get("dark", {}).items()]:
        if name not in COLOURS:
            raise place_of(path, name).wrong(f"there is no colour {name}.")
        if not isinstance(value, str) or not COLOUR.fullmatch(value):
            raise place_of(path, name).wrong(f"{name} must be a colour as in #00636d.")


def place_of_any(path: Path, name: str) -> Place:
    """Where a fact or a table of this name stands."""
    fact = place_of(path, name)
    if fact.line or not name:
        return fact
    table = re.compile(rf"\[{re.escape(name)}(\.\w+)*\]")
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return Place(path, next((n for n, line in enumerate(lines, 1) if table.match(line)), None))
