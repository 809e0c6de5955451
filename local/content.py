"""The check of `make check` that the campaign's own words are there in each language."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def missing_content(directory: Path) -> list[str]:
    """What stands in English and not in another of its languages, or there and not in English."""
    facts = tomllib.loads((directory / "campaign.toml").read_text(encoding="utf-8"))
    languages = facts.get("languages", {})
    files = {path.relative_to(directory) for path in directory.rglob("*.md")}
    english = {path for path in files if language_of(path) == "en"}
    wanted = {in_language(path, language) for path in english for language in languages}
    translated = {path for path in files if language_of(path) in languages}
    return [
        *(f"{path} is missing" for path in sorted(wanted - files)),
        *(f"{path} has no English original" for path in sorted(translated - wanted)),
        *missing_words(facts),
        *(
            problem
            for language in languages
            for problem in missing_offices(directory, directory / f"offices.{language}.csv")
        ),
    ]


def language_of(path: Path) -> str:
    """Of home.uk.md or uk.md; some other word for what is no translation, as REVIEW.md."""
    return path.stem.rpartition(".")[2]


def in_language(english: Path, language: str) -> Path:
    return english.with_name(f"{english.stem.removesuffix('en')}{language}.md")


def missing_words(facts: dict[str, Any]) -> Iterator[str]:
    needed = [("", "tagline"), *([("", "published")] if "article" in facts else [])]
    needed += [
        (table, name)
        for table in ("notices", "consent")
        for name in facts.get(table, {})
        # A day has no words.
        if name != "changed"
    ]
    for language, words in facts.get("languages", {}).items():
        for table, name in needed:
            if not (words.get(table, {}) if table else words).get(name):
                where = f"languages.{language}.{table}".rstrip(".")
                yield f"campaign.toml has no {name} in [{where}]"


def missing_offices(directory: Path, path: Path) -> Iterator[str]:
    if not path.exists():
        yield f"{path.name} is missing"
        return
    wanted, named = addresses(directory / "offices.csv"), addresses(path)
    for address in sorted(wanted ^ named):
        yield f"{path.name} {'lacks' if address in wanted else 'has an unknown'} {address}"


def addresses(path: Path) -> set[str]:
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return {row["email"] for row in rows}
