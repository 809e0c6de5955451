"""The documentation names what exists."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def named_tests():
    return re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs/promises.md").read_text())


@pytest.mark.parametrize(("path", "name"), named_tests())
def test_the_test_of_each_promise_exists(path, name):
    assert f"def {name}" in (ROOT / path).read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_pages_name_exist(page):
    words = page.read_text()
    ours = set(re.findall(r"manage\.py ([a-z_]+)", words)) - {"X"}
    typed = set(re.findall(r"deploy/five-asks\s+([a-z]+)", words))
    made = set(re.findall(r"\bmake ([a-z]+)`", words)) | set(
        re.findall("^    make ([a-z]+)$", words, re.MULTILINE)
    )
    program = (ROOT / "deploy/host/__main__.py").read_text()

    assert ours <= set(get_commands())
    assert {each for each in typed if f'"{each}": {each},' not in program} == set()
    assert made <= set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_each_word_of_the_glossary_lives_where_it_says():
    places = re.findall(
        r"`([\w/]+(?:\.py|/))(?:::(\w+))?`", (ROOT / "docs/glossary.md").read_text()
    )
    lost = [
        f"{path}::{name}"
        for path, name in places
        if not (ROOT / path).exists()
        or (name and not re.search(rf"(def|class) {name}\b", (ROOT / path).read_text()))
    ]

    assert len(places) > 30
    assert lost == []


def test_the_architecture_names_each_package_and_no_file_that_is_gone():
    text = (ROOT / "docs/architecture.md").read_text()
    packages = [path.parent for path in ROOT.glob("petitions/*/__init__.py")]
    roots = (ROOT, ROOT / "petitions")
    named = re.findall(r"`([\w/]+\.py)`", text)

    nameless = {"templatetags", "management", "migrations"}
    names = {path.name for path in packages} - nameless
    assert {name for name in names if not re.search(rf"\b{name}\b", text)} == set()
    assert [path for path in named if not any((root / path).exists() for root in roots)] == []


def test_the_index_of_decisions_has_each_with_its_title():
    folder = ROOT / "docs/decisions"
    lines = [
        re.sub(r"# (\d+)\. (.*)", rf"- [\1. \2]({path.name})", path.read_text().splitlines()[0])
        for path in sorted(folder.glob("[0-9]*.md"))
    ]

    index = (folder / "README.md").read_text().splitlines()
    assert [line for line in index if line.startswith("- ")] == lines


def test_the_licence_stands_where_people_and_where_programs_look_for_it():
    licence = (ROOT / "LICENSE").read_text()

    assert licence == (ROOT / "LICENSES/AGPL-3.0-or-later.txt").read_text()
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in licence.splitlines()[0]
