"""The campaign's words: from the files in `content/` into the database.

Organizers edit petitions, offices and pages in the admin, so what is already stored is kept;
only `overwrite` replaces it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction
from django.utils.translation import get_language

from petitions.content_files import (
    ContentNotValid,
    Place,
    place_of,
    read_csv,
    read_markdown,
    read_toml,
)
from petitions.facts import in_language, read_facts
from petitions.models import Office, OfficeName, Page, Petition, PetitionText, PetitionUpdate
from petitions.models.petition_text import letter_words_of

# Every page of the site leads to them.
PAGES = ("home", "safety", "privacy", "press", "partners")
PETITION = ("number", "slug", "goal", "state", "batch_days", "batch_signatures", "opens_at")
OFFICE = ["office", "organisation", "country", "email", "language", "asks"]
OFFICE_MAY_HAVE = ("time_zone", "verified_on")
OFFICE_NAME = ["email", "office", "organisation"]
# How the files call what the models call otherwise.
CALLED = {
    "name": "office",
    "letter_subject": "subject",
    "letter_salutation": "salutation",
    "letter": "the letter",
    "body": "the text",
    "happened_on": "the day",
}
Row = TypeVar("Row", bound=models.Model)


@dataclass
class Report:
    """What loading did, by name."""

    created: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Stored rows that differ from their file, most likely because an organizer edited them."""


def campaign() -> dict[str, Any]:
    """Name, tagline, controller and more, from `content/campaign.toml`.

    The words are in the language of the moment; where it has none, in the campaign's first one.
    """
    return _campaign(get_language() or settings.LANGUAGE_CODE)


@cache
def _campaign(language: str) -> dict[str, Any]:
    return in_language(read_facts(settings.CONTENT_DIR), language)


@transaction.atomic
def load_campaign(directory: Path, *, overwrite: bool = False) -> Report:
    """Store what `directory` holds and the database does not.

    Raises:
        ContentNotValid: a file is missing or wrong; then nothing is stored.
    """
    read_facts(directory)
    loader = _Loader(overwrite=overwrite)
    pages = directory / "pages"
    needed = {pages / f"{slug}.{settings.LANGUAGE_CODE}.md" for slug in PAGES}
    for path in sorted(needed | set(pages.glob("*.md"))):
        loader.page(path)
    petitions = sorted((directory / "petitions").glob("*/"))
    if not petitions:
        raise ContentNotValid(f"{directory / 'petitions'} holds no petition.")
    for folder in petitions:
        loader.petition(folder)
    loader.offices(directory / "offices.csv")
    for path in sorted(directory.glob("offices.*.csv")):
        loader.office_names(path)
    return loader.report


class _Loader:
    def __init__(self, *, overwrite: bool) -> None:
        self.overwrite = overwrite
        self.report = Report()
        self.offices_by_email: dict[str, Office] = {}
        # Where each row was read that this loading stores, by its key.
        self.read_at: dict[tuple[object, ...], Place] = {}

    def page(self, path: Path) -> None:
        slug, language = _name_and_language(path)
        head, body = read_markdown(path)
        _check_facts(head, path, ("title", "lead"))
        self.store(Page, Place(path), {"slug": slug, "language": language}, {**head, "body": body})

    def petition(self, directory: Path) -> None:
        path = directory / "petition.toml"
        head = read_toml(path)
        _check_facts(head, path, (*PETITION, "closes_at"))
        for name in ("number", "slug"):
            if name not in head:
                raise Place(path).wrong(f"{name} is missing.")
            self.once(place_of(path, name), name, head[name])
        number = head.pop("number")
        petition = self.store(Petition, Place(path), {"number": number}, head)
        self.texts(petition, directory)
        for update_path in sorted((directory / "updates").glob("*.md")):
            self.update(petition, update_path)

    def texts(self, petition: Petition, directory: Path) -> None:
        needed = {directory / f"{settings.LANGUAGE_CODE}.md"}
        for path in sorted(needed | set(directory.glob("*.md"))):
            if not path.name.startswith("letter."):
                self.text(petition, path)
            elif not path.with_name(path.name.removeprefix("letter.")).exists():
                raise Place(path).wrong(
                    f"{path.name.removeprefix('letter.')} is missing beside it."
                )

    def text(self, petition: Petition, path: Path) -> None:
        _check_language(path.stem, path, "the name must be a language, as in en.md.")
        letter_path = path.with_name(f"letter.{path.name}")
        head, body = read_markdown(path)
        letter_head, letter = read_markdown(letter_path)
        _check_facts(head, path, ("title", "short_title", "summary", "demand", "outcome"))
        _check_facts(letter_head, letter_path, ("subject", "salutation"))
        words = {
            **head,
            "body": body,
            "letter": letter,
            **{f"letter_{name}": value for name, value in letter_head.items()},
        }
        before = letter_words_of(petition)
        key = {"petition": petition, "language": path.stem}
        self.store(PetitionText, Place(path), key, words)
        if letter_words_of(petition) != before:
            petition.withdraw_approval()

    def update(self, petition: Petition, path: Path) -> None:
        day, language = _name_and_language(path)
        head, body = read_markdown(path)
        _check_facts(head, path, ("title", "milestone"))
        try:
            happened_on = date.fromisoformat(day)
        except ValueError as error:
            words = f"the name must begin with a day, as in 2026-11-28.{language}.md."
            raise Place(path).wrong(words) from error
        key = {"petition": petition, "language": language, "happened_on": happened_on}
        self.store(PetitionUpdate, Place(path), key, {**head, "body": body})

    def offices(self, path: Path) -> None:
        petitions = {str(each.number): each for each in Petition.objects.all()}
        # Whoever looked last said so here, not in a file.
        for place, row in read_csv(path, columns=OFFICE, optional=OFFICE_MAY_HAVE):
            verified_on = row.pop("verified_on", "")
            asks = self.petitions_of(row.pop("asks"), petitions, place)
            self.once(place, "address", row["email"])
            key = {"name": row.pop("office"), "organisation": row.pop("organisation")}
            self.once(place, "office", *key.values())
            known = Office.objects.filter(**key).exists()
            office = self.store(Office, place, key, row)
            self.offices_by_email[row["email"]] = office
            if verified_on and not known:
                _replace(office, {"verified_on": verified_on}, place)
            if self.overwrite or not known:
                office.petitions.set(asks)

    def office_names(self, path: Path) -> None:
        """What offices are called in one language; the address says which office it is."""
        _, language = _name_and_language(path)
        for place, row in read_csv(path, columns=OFFICE_NAME):
            self.once(place, "address", row["email"], language)
            office = self.offices_by_email.get(row["email"])
            if office is None:
                raise place.wrong(f"offices.csv has no address {row['email']}.")
            names = {"name": row["office"], "organisation": row["organisation"]}
            self.store(OfficeName, place, {"office": office, "language": language}, names)

    def petitions_of(
        self, asks: str, petitions: dict[str, Petition], place: Place
    ) -> list[Petition]:
        numbers = [ask.strip() for ask in asks.split(";") if ask.strip()]
        if not numbers:
            raise place.wrong("asks is empty: name the petitions that it can act on, as in 1;2.")
        unknown = [ask for ask in numbers if ask not in petitions]
        if unknown:
            raise place.wrong(f"there is no ask {', '.join(unknown)}.")
        return [petitions[ask] for ask in numbers]

    def once(self, place: Place, what: str, *key: object) -> None:
        """Else a second one would replace the first, or be kept out by it, and nobody be told."""
        first = self.read_at.setdefault((what, *key), place)
        if first is not place:
            raise place.wrong(f"the {what} {', '.join(map(str, key))} stands at {first} already.")

    def store(
        self, model: type[Row], place: Place, key: dict[str, Any], values: dict[str, Any]
    ) -> Row:
        """Find or make the row with this key; replace its values only where that is asked for."""
        row: Row | None = model.objects.filter(**key).first()  # type: ignore[attr-defined]  # all have it
        if row is None:
            row = _validated(model(**key, **values), place)
            row.save(force_insert=True)
            self.report.created.append(str(row))
        elif any(getattr(row, name) != value for name, value in values.items()):
            if self.overwrite:
                _replace(row, values, place)
            (self.report.replaced if self.overwrite else self.report.kept).append(str(row))
        return row


def _replace(row: models.Model, values: dict[str, Any], place: Place) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    _validated(row, place).save(update_fields=list(values))


def _validated(row: Row, place: Place) -> Row:
    try:
        row.full_clean()
    except ValidationError as error:
        first = next(iter(error.message_dict))
        raise _place_of_field(first, place).wrong(" ".join(_words_of(error))) from error
    return row


def _place_of_field(name: str, place: Place) -> Place:
    if place.line:
        return place
    path = place.path
    file = path.with_name(f"letter.{path.name}") if name.startswith("letter") else path
    return place_of(file, CALLED.get(name, name))


def _words_of(error: ValidationError) -> Iterable[str]:
    for name, messages in error.message_dict.items():
        called = CALLED.get(name, name)
        yield from (
            message if name == NON_FIELD_ERRORS else f"{called}: {message}" for message in messages
        )


def _check_facts(head: dict[str, Any], path: Path, known: Iterable[str]) -> None:
    for name in head.keys() - set(known):
        words = f"nothing here is called {name}, but {', '.join(known)}."
        raise place_of(path, name).wrong(words)


def _name_and_language(path: Path) -> tuple[str, str]:
    """("home", "en") from home.en.md."""
    name, _, language = path.stem.rpartition(".")
    _check_language(
        language, path, f"the name must end in a language, as in {name}.en{path.suffix}."
    )
    return name, language


def _check_language(language: str, path: Path, words: str) -> None:
    if language not in dict(settings.LANGUAGES):
        ours = ", ".join(dict(settings.LANGUAGES))
        raise Place(path).wrong(f"{words} The campaign's languages are {ours}.")
