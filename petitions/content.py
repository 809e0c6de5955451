"""The campaign's words: from the files in `content/` into the database.

Organizers edit petitions, offices and pages in the admin, so what is already stored is kept;
only `overwrite` replaces it.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import get_language

from petitions.models import Office, OfficeName, Page, Petition, PetitionText, PetitionUpdate

FENCE = "+++\n"
OFFICE_NAME_COLUMNS = {"email", "office", "organisation"}
Row = TypeVar("Row", bound=models.Model)


class ContentNotValid(Exception):
    """A file of the campaign can't be used; says which one and why."""


@dataclass
class Report:
    """What loading did, by name."""

    created: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Stored rows that differ from their file, most likely because an organizer edited them."""


def campaign() -> dict[str, Any]:
    """Name, tagline, article and controller, from `content/campaign.toml`.

    The words are in the language of the moment; where it has none, in the campaign's first one.
    """
    return _campaign(get_language() or settings.LANGUAGE_CODE)


@cache
def _campaign(language: str) -> dict[str, Any]:
    facts = _read_toml(settings.CONTENT_DIR / "campaign.toml")
    words = facts.pop("languages", {}).get(language, {})
    facts["tagline"] = words.get("tagline", facts["tagline"])
    facts["article"]["published"] = words.get("published", facts["article"]["published"])
    return facts


@transaction.atomic
def load_campaign(directory: Path, *, overwrite: bool = False) -> Report:
    """Store what `directory` holds and the database does not.

    Raises:
        ContentNotValid: a file is missing or wrong; then nothing is stored.
    """
    if not (directory / "campaign.toml").is_file():
        raise ContentNotValid(f"{directory} holds no campaign.toml.")
    loader = _Loader(overwrite=overwrite)
    for path in sorted((directory / "pages").glob("*.md")):
        loader.page(path)
    for path in sorted((directory / "petitions").glob("*/petition.toml")):
        loader.petition(path.parent)
    loader.offices(directory / "offices.csv")
    for path in sorted(directory.glob("offices.??.csv")):
        loader.office_names(path)
    return loader.report


class _Loader:
    def __init__(self, *, overwrite: bool) -> None:
        self.overwrite = overwrite
        self.report = Report()
        self.offices_by_email: dict[str, Office] = {}

    def page(self, path: Path) -> None:
        slug, language = _name_and_language(path)
        head, body = _read_markdown(path)
        self.store(Page, path, {"slug": slug, "language": language}, {**head, "body": body})

    def petition(self, directory: Path) -> None:
        path = directory / "petition.toml"
        head = _read_toml(path)
        number = head.pop("number", None)
        petition = self.store(Petition, path, {"number": number}, head)
        for text_path in sorted(directory.glob("??.md")):
            self.text(petition, text_path)
        for update_path in sorted((directory / "updates").glob("*.md")):
            self.update(petition, update_path)

    def text(self, petition: Petition, path: Path) -> None:
        language = path.stem
        letter_path = path.with_name(f"letter.{language}.md")
        head, body = _read_markdown(path)
        letter_head, letter = _read_markdown(letter_path)
        words = {
            **head,
            "body": body,
            "letter": letter,
            **{f"letter_{name}": value for name, value in letter_head.items()},
        }
        before = petition.letter_words()
        self.store(PetitionText, path, {"petition": petition, "language": language}, words)
        if petition.letter_words() != before:
            petition.withdraw_approval()

    def update(self, petition: Petition, path: Path) -> None:
        day, language = _name_and_language(path)
        head, body = _read_markdown(path)
        key = {
            "petition": petition,
            "language": language,
            "happened_on": date.fromisoformat(day),
        }
        self.store(PetitionUpdate, path, key, {**head, "body": body})

    def offices(self, path: Path) -> None:
        petitions = {str(each.number): each for each in Petition.objects.all()}
        for row in _read_csv(path):
            asks = row.pop("asks").split(";")
            # Whoever looked last said so here, not in a file.
            verified_on = row.pop("verified_on", "")
            key = {"name": row.pop("office"), "organisation": row.pop("organisation")}
            known = Office.objects.filter(**key).exists()
            office = self.store(Office, path, key, row)
            self.offices_by_email[row["email"]] = office
            if verified_on and not known:
                _replace(office, {"verified_on": verified_on}, path)
            if self.overwrite or not known:
                office.petitions.set(self.petitions_of(asks, petitions, path))

    def office_names(self, path: Path) -> None:
        """What offices are called in one language; the address says which office it is."""
        _, language = _name_and_language(path)
        for row in _read_csv(path):
            if set(row) != OFFICE_NAME_COLUMNS:
                raise ContentNotValid(f"{path}: its columns must be email, office, organisation.")
            office = self.offices_by_email.get(row["email"])
            if office is None:
                raise ContentNotValid(f"{path}: offices.csv has no address {row['email']}.")
            names = {"name": row["office"], "organisation": row["organisation"]}
            self.store(OfficeName, path, {"office": office, "language": language}, names)

    def petitions_of(
        self, asks: list[str], petitions: dict[str, Petition], path: Path
    ) -> list[Petition]:
        unknown = [ask for ask in asks if ask not in petitions]
        if unknown:
            raise ContentNotValid(f"{path}: there is no ask {', '.join(unknown)}.")
        return [petitions[ask] for ask in asks]

    def store(
        self, model: type[Row], path: Path, key: dict[str, Any], values: dict[str, Any]
    ) -> Row:
        """Find or make the row with this key; replace its values only where that is asked for."""
        row: Row | None = model.objects.filter(**key).first()  # type: ignore[attr-defined]  # all have it
        if row is None:
            row = _validated(model(**key, **values), path)
            row.save(force_insert=True)
            self.report.created.append(str(row))
        elif any(getattr(row, name) != value for name, value in values.items()):
            if self.overwrite:
                _replace(row, values, path)
            (self.report.replaced if self.overwrite else self.report.kept).append(str(row))
        return row


def _replace(row: models.Model, values: dict[str, Any], path: Path) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    _validated(row, path).save(update_fields=list(values))


def _validated(row: Row, path: Path) -> Row:
    try:
        row.full_clean()
    except ValidationError as error:
        raise ContentNotValid(f"{path}: {'; '.join(error.messages)}") from error
    return row


def _name_and_language(path: Path) -> tuple[str, str]:
    """("home", "en") from home.en.md."""
    name, _, language = path.stem.rpartition(".")
    if language not in dict(settings.LANGUAGES):
        raise ContentNotValid(f"{path}: the name must end in a language, as in {name}.en.md.")
    return name, language


def _read_markdown(path: Path) -> tuple[dict[str, Any], str]:
    """What stands between the +++ lines, read as TOML; and the Markdown after them."""
    text = _read(path)
    parts = text.split(FENCE, 2)
    if len(parts) != 3 or parts[0].strip():  # noqa: PLR2004 - before, between and after the fences
        raise ContentNotValid(f"{path}: it must begin with facts between two lines of +++.")
    return _parse_toml(parts[1], path), parts[2].strip()


def _read_toml(path: Path) -> dict[str, Any]:
    return _parse_toml(_read(path), path)


def _parse_toml(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ContentNotValid(f"{path}: {error}") from error


def _read_csv(path: Path) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(_read(path).splitlines())


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContentNotValid(f"{path} can't be read.") from error
