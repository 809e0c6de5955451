"""The two steps of `make check` about translations, and how catalogues are made and compiled."""

import os
import re
import shutil

import pytest
from django.utils.translation import gettext, ngettext, override

from local import catalogues, check, translations
from local.catalogues import key, merged
from local.content import missing_content
from petitions.catalogues import CatalogueNotValid, compile_catalogues
from tests.makers import make_catalogue

ENTRY = {
    "msgid": 'Read <a href="%(url)s">%(name)s</a>',
    "msgstr": '<a href="%(url)s">%(name)s</a>!',
}
NUMBER = {"msgid": "%(n)s signature", "msgid_plural": "%(n)s signatures"}


def problems(*entries, language="uk", words=None):
    words = words or [{**entry, "obsolete": False} for entry in entries]
    wanted = {key(entry): entry for entry in make_catalogue(*words)}
    return list(
        translations.problems_of(language, make_catalogue(*entries, language=language), wanted)
    )


def test_a_whole_translation_passes():
    forms = {0: "%(n)s підпис", 1: "%(n)s підписи", 2: "%(n)s підписів"}

    assert problems(ENTRY, NUMBER | {"msgstr_plural": forms}) == []
    assert translations.counted([]) == "0 untranslated, 0 fuzzy"


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (ENTRY | {"msgstr": ""}, "untranslated"),
        (ENTRY | {"flags": ["fuzzy"]}, "fuzzy"),
        (ENTRY | {"obsolete": True}, "obsolete"),
        (ENTRY | {"msgstr": '<a href="%(url)s">ім’я</a>'}, "broken"),
        (ENTRY | {"msgstr": '<a href="%(url)s">%(name)s %(more)s</a>'}, "broken"),
        (ENTRY | {"msgstr": '<a href="%(url)s">%(name)s'}, "broken"),
        (ENTRY | {"msgstr": "%(url)s %(name)s"}, "broken"),
        (ENTRY | {"msgstr": '<a href="https://evil.example/%(url)s">%(name)s</a>'}, "broken"),
        ({"msgid": "Dear {office},", "msgstr": "Шановний {офіс},"}, "broken"),
        (NUMBER | {"msgstr_plural": {0: "%(n)s", 1: "%(n)s", 2: ""}}, "untranslated"),
        (NUMBER | {"msgstr_plural": {0: "%(n)s", 1: "%(n)s"}}, "broken"),
        (NUMBER | {"msgstr_plural": {0: "%(n)s", 1: "%(n)s", 2: "багато"}}, "broken"),
        (NUMBER | {"msgstr_plural": {0: "один", 1: "%(n)s", 2: "%(n)s"}}, "broken"),
    ],
)
def test_a_translation_that_is_missing_unsure_or_broken_is_named(entry, kind):
    found = problems(entry, words=[{**entry, "obsolete": False}])

    assert found[0].startswith(f"{kind}: ")
    assert f"1 {kind}" in translations.counted(found)


def test_one_may_be_said_without_its_number_where_the_form_means_nothing_else():
    german = NUMBER | {"msgstr_plural": {0: "eine Unterschrift", 1: "%(n)s Unterschriften"}}
    french = NUMBER | {"msgstr_plural": {0: "une signature", 1: "%(n)s signatures"}}

    assert problems(german, language="de") == []
    assert len(problems(french, language="fr")) == 1, "it also stands for 0"


def test_a_word_that_is_new_in_the_code_is_untranslated_and_one_that_is_gone_is_obsolete():
    new, gone = {"msgid": "New"}, {"msgid": "Gone", "msgstr": "Зникло"}

    assert problems(gone, words=[new]) == ["obsolete: “Gone”", "untranslated: “New”"]


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="No GNU gettext here.")
def test_the_step_passes_only_while_every_word_of_the_site_is_translated(monkeypatch, tmp_path):
    monkeypatch.setattr(catalogues, "LOCALE", tmp_path)
    words = catalogues.find_words()
    for language in catalogues.PLURALS:
        whole = merged(make_catalogue(), words, language)
        for entry in whole:
            entry.msgstr = "" if entry.msgid_plural else entry.msgid
            entry.msgstr_plural = dict.fromkeys(entry.msgstr_plural, entry.msgid_plural)
        catalogues.path_of(language).parent.mkdir(parents=True)
        whole.save(str(catalogues.path_of(language)))

    outcome = check.check_translations()
    assert (outcome.passed, outcome.output) == (True, "")
    assert outcome.notice.splitlines()[0] == "uk 0 untranslated, 0 fuzzy"

    whole[0].flags.append("fuzzy")
    whole.save(str(catalogues.path_of("lt")))
    outcome = check.check_translations()
    assert not outcome.passed
    assert outcome.output.startswith("lt: fuzzy: ")
    assert outcome.notice.splitlines()[-1] == "lt 0 untranslated, 1 fuzzy"


def test_without_gettext_catalogues_are_compared_with_each_other_loudly(monkeypatch, tmp_path):
    monkeypatch.setattr(catalogues, "LOCALE", tmp_path)
    monkeypatch.setenv("PATH", "")
    for language in catalogues.PLURALS:
        catalogues.path_of(language).parent.mkdir(parents=True)
        entries = [ENTRY] if language == "uk" else []
        make_catalogue(*entries, language=language).save(str(catalogues.path_of(language)))

    outcome = check.check_translations()

    assert not outcome.passed
    assert outcome.notice.startswith("THIS MACHINE HAS NO GNU GETTEXT")
    assert "uk 0 untranslated" in outcome.notice
    assert "de 1 untranslated" in outcome.notice


def test_bringing_a_catalogue_up_to_date_keeps_translations_and_guesses_nothing():
    old = make_catalogue(ENTRY, {"msgid": "Gone", "msgstr": "Зникло"})
    template = make_catalogue({"msgid": "Gone now"}, ENTRY | {"msgstr": ""}, NUMBER)

    new = merged(old, template, "uk")

    assert [(entry.msgid, entry.msgstr) for entry in new] == [
        ("Gone now", ""),
        (ENTRY["msgid"], ENTRY["msgstr"]),
        (NUMBER["msgid"], ""),
    ]
    assert new[2].msgstr_plural == {0: "", 1: "", 2: ""}
    assert str(new) == str(merged(new, template, "uk"))


# --- Compiling


def test_what_is_compiled_is_what_the_site_says(words):
    forms = {0: "%(n)s підпис", 1: "%(n)s підписи", 2: "%(n)s підписів"}
    unsure = {"msgid": "Unsure", "msgstr": "Непевно", "flags": ["fuzzy"]}
    words("uk", {"msgid": "Sign", "msgstr": "Підписати"}, NUMBER | {"msgstr_plural": forms}, unsure)

    with override("uk"):
        assert (gettext("Sign"), gettext("Unsure")) == ("Підписати", "Unsure")
        said = [ngettext(*NUMBER.values(), n) % {"n": n} for n in (1, 3, 11, 21)]
    assert said == ["1 підпис", "3 підписи", "11 підписів", "21 підпис"]


def test_only_what_has_changed_is_compiled_again(words, tmp_path):
    path = words("uk", ENTRY)

    assert compile_catalogues([tmp_path / "locale"]) == []
    os.utime(path, ns=(0, 0))
    assert compile_catalogues([tmp_path / "locale"]) == [path]


def test_a_file_that_can_not_be_read_is_named(words, tmp_path):
    path = words("uk", ENTRY)
    path.write_text("This is no catalogue.\n")

    with pytest.raises(CatalogueNotValid, match=f"^{re.escape(str(path))} can't be read"):
        compile_catalogues([tmp_path / "locale"])


# --- The campaign's own words


def make_content(folder):
    for name in ("pages/home.en.md", "petitions/1-one/en.md", "petitions/1-one/letter.en.md"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (folder / "REVIEW.md").write_text("")
    (folder / "campaign.toml").write_text("")
    (folder / "offices.csv").write_text("email\na@office.example\n")


def test_content_that_a_language_lacks_is_named(tmp_path):
    make_content(tmp_path)
    tables = [f"[languages.{language}]" for language in catalogues.PLURALS]
    notices = '[notices]\nbefore_signing = "x"\n[consent]\nchanged = 2026-11-28'
    (tmp_path / "campaign.toml").write_text("\n".join([notices, *tables]))
    (tmp_path / "pages" / "home.uk.md").write_text("")
    (tmp_path / "pages" / "old.uk.md").write_text("")
    (tmp_path / "offices.uk.csv").write_text("email\nb@office.example\n")

    missing = missing_content(tmp_path)

    assert "pages/home.uk.md is missing" not in missing
    for line in (
        "pages/home.de.md is missing",
        "petitions/1-one/lt.md is missing",
        "petitions/1-one/letter.pl.md is missing",
        "pages/old.uk.md has no English original",
        "offices.uk.csv lacks a@office.example",
        "offices.uk.csv has an unknown b@office.example",
        "offices.fr.csv is missing",
        "campaign.toml has no tagline in [languages.be]",
        "campaign.toml has no before_signing in [languages.be.notices]",
    ):
        assert line in missing
    assert not [line for line in missing if "changed" in line or "published" in line]


def test_content_that_is_whole_is_found_whole(tmp_path):
    make_content(tmp_path)
    tables = []
    for language in catalogues.PLURALS:
        for name in ("pages/home", "petitions/1-one/letter"):
            (tmp_path / f"{name}.{language}.md").write_text("")
        (tmp_path / f"petitions/1-one/{language}.md").write_text("")
        (tmp_path / f"offices.{language}.csv").write_text("email\na@office.example\n")
        tables.append(f'[languages.{language}]\ntagline = "x"\npublished = "y"\n')
    (tmp_path / "campaign.toml").write_text("\n".join(tables))

    assert missing_content(tmp_path) == []
