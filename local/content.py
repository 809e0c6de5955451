"""The check of `make check` that the campaign's own words are there in each language."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from pathlib import Path

from local.catalogues import PLURALS

# Every language but English, which the others are translated from.
LANGUAGES = tuple(PLURALS)


def missing_content(directory: Path) -> list[str]:
    """What stands in English and not in another language, or there and not in English."""
    files = {path.relative_to(directory) for path in directory.rglob("*.md")}
    english = {path for path in files if language_of(path) == "en"}
    wanted = {in_language(path, language) for path in english for language in LANGUAGES}
    translated = {path for path in files if language_of(path) in LANGUAGES}
    return [
        *(f"{path} is missing" for path in sorted(wanted - files)),
        *(f"{path} has no English original" for path in sorted(translated - wanted)),
        *missing_tables(directory / "campaign.toml"),
        *(
            problem
            for language in LANGUAGES
            for problem in missing_offices(directory, directory / f"offices.{language}.csv")
        ),
    ]


def language_of(path: Path) -> str:
    """Of home.uk.md or uk.md; some other word for what is no translation, as REVIEW.md."""
    return path.stem.rpartition(".")[2]


def in_language(english: Path, language: str) -> Path:
    return english.with_name(f"{english.stem.removesuffix('en')}{language}.md")


def missing_tables(path: Path) -> Iterator[str]:
    tables = tomllib.loads(path.read_text(encoding="utf-8")).get("languages", {})
    for language in LANGUAGES:
        for word in ("tagline", "published"):
            if not tables.get(language, {}).get(word):
                yield f"campaign.toml has no {word} in [languages.{language}]"


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
