"""The catalogues of translations: brought up to date with the code, and compiled.

What is to be translated is found by Django's makemessages, which needs GNU gettext; only
developers who change words need that. It looks at a copy of the folders that have words, so that
nothing else in a checkout can lead it astray.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

from local.places import ROOT
from local.stopping import Trouble
from petitions.catalogues import CatalogueNotValid, compile_catalogues

LOCALE = ROOT / "locale"
WITH_WORDS = ("campaign", "petitions", "templates")
# A line is never broken, so that changing a word changes one line.
UNBROKEN = 1_000_000

EAST_SLAVIC = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0"
    " : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);"
)
PLURALS = {
    "uk": EAST_SLAVIC,
    "ru": EAST_SLAVIC,
    "be": EAST_SLAVIC,
    "de": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "pl": ("nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);"),
    "lt": (
        "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0"
        " : n%10>=2 && (n%100<10 || n%100>=20) ? 1 : 2);"
    ),
}


class NoGettext(Exception):
    """This machine has no xgettext, so nobody can say which words the code has now."""


def compile_all() -> None:
    """So that whatever starts next speaks all languages; what is compiled already stays."""
    try:
        compile_catalogues([LOCALE, LOCALE / "names"])
    except CatalogueNotValid as error:
        raise Trouble(str(error)) from error


def update() -> int:
    """`make catalogues`: new words come in untranslated, words that are gone go out."""
    try:
        template = find_words()
    except NoGettext:
        raise Trouble(
            "GNU gettext is needed: install it and type 'make catalogues' again."
        ) from None
    for language in PLURALS:
        catalogue = merged(read(language), template, language)
        path_of(language).parent.mkdir(parents=True, exist_ok=True)
        catalogue.save(str(path_of(language)))
        print(f"{language} {summary(catalogue)}")
    return 0


def find_words() -> polib.POFile:
    """Everything that the code and the templates want translated.

    Raises:
        NoGettext: xgettext is not here.
    """
    if shutil.which("xgettext") is None:
        raise NoGettext
    with tempfile.TemporaryDirectory(prefix="five-asks-words-") as folder:
        return _extract(Path(folder))


def _extract(folder: Path) -> polib.POFile:
    for name in WITH_WORDS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "locale").mkdir()
    words = ("--keep-pot", "--no-location", "--no-wrap", "-l", "en", "-v", "0")
    command = [sys.executable, "-m", "django", "makemessages", *words]
    # Without settings: there is nothing to connect to.
    done = subprocess.run(
        command, cwd=folder, env=_plain_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Trouble(f"makemessages failed: {done.stderr.strip()}")
    return polib.pofile(str(folder / "locale" / "django.pot"), encoding="utf-8")


def read(language: str) -> polib.POFile:
    """A language's catalogue as it lies on the disk; an empty one where there is none."""
    path = path_of(language)
    if not path.exists():
        return polib.POFile()
    try:
        return polib.pofile(str(path), encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(f"{path} can't be read: {error}") from error


def path_of(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def merged(old: polib.POFile, template: polib.POFile, language: str) -> polib.POFile:
    """The template's entries in its order, with the translations that there are.

    Nothing is guessed from words that are like others: a new sentence is an empty one.
    """
    known = {key(entry): entry for entry in old if not entry.obsolete}
    new = polib.POFile(wrapwidth=UNBROKEN)
    new.metadata = header(language)
    new.extend(_translated(entry, known.get(key(entry)), language) for entry in template)
    return new


def key(entry: polib.POEntry) -> tuple[str, str, str]:
    return entry.msgctxt or "", entry.msgid, entry.msgid_plural or ""


def header(language: str) -> dict[str, str]:
    return {
        "Project-Id-Version": "Five Asks",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS[language],
    }


def forms(language: str) -> int:
    """How many plural forms a language has."""
    return int(PLURALS[language].removeprefix("nplurals=")[0])


def summary(catalogue: polib.POFile) -> str:
    untranslated = len(catalogue.untranslated_entries())
    return f"{untranslated} untranslated, {len(catalogue.fuzzy_entries())} fuzzy"


def _translated(entry: polib.POEntry, known: polib.POEntry | None, language: str) -> polib.POEntry:
    new = polib.POEntry(
        msgctxt=entry.msgctxt,
        msgid=entry.msgid,
        msgid_plural=entry.msgid_plural,
        comment=entry.comment,
        flags=[*entry.flags],
    )
    if entry.msgid_plural:
        new.msgstr_plural = dict.fromkeys(range(forms(language)), "")
    if known is not None:
        new.tcomment = known.tcomment
        new.msgstr = known.msgstr
        new.msgstr_plural |= known.msgstr_plural
        new.flags += [flag for flag in known.flags if flag == "fuzzy"]
    return new


def _plain_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
