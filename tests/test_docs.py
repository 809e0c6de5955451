"""The documentation names what exists."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


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


def test_each_setting_is_documented():
    settings = (ROOT / "campaign/settings.py").read_text()
    names = set(re.findall(r'(?:env\.\w+|required)\(\s*"([A-Z_]+)"', settings))
    documented = (ROOT / "docs/operations.md").read_text()

    assert len(names) > 10
    assert {name for name in names if f"`{name}`" not in documented} == set()
