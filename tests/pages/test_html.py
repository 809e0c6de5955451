"""Every page in every language is valid HTML, as the Nu checker sees it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.pages.conftest import LANGUAGES

NO_CHECKER = "The Nu checker needs Java and npm; 'make check' says which is missing."


@pytest.fixture(scope="module")
def checker():
    java, modules = shutil.which("java"), os.environ.get("NODE_MODULES")
    if java is None or not modules:
        missing = pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip
        missing(NO_CHECKER)
    return [java, "-jar", str(Path(modules) / "vnu-jar" / "build" / "dist" / "vnu.jar")]


def test_every_page_is_valid_html(checker, pages_in, tmp_path, show):
    paths = []
    for language in LANGUAGES:
        for number, page in enumerate(pages_in(language)):
            name = page.name.strip("/").replace("/", "_") or "home"
            path = tmp_path / f"{language}-{number}-{name}.html"
            path.write_text(page.html)
            paths.append(path)

    done = subprocess.run(
        [*checker, "--format", "json", *map(str, paths)],
        check=False,
        capture_output=True,
        text=True,
    )

    messages = json.loads(done.stderr)["messages"]
    show(f"Nu HTML checker: {len(messages)} errors and warnings on {len(paths)} pages")
    assert [(each["url"].rpartition("/")[2], each["message"]) for each in messages] == []
