"""Stylesheets as a browser reads them: what one forgets to close swallows all that follows."""

import re

import pytest
from django.conf import settings

STYLES = sorted((settings.BASE_DIR / "static").rglob("*.css"))
NO_CODE = re.compile(r"/\*.*?\*/|\"[^\"]*\"|'[^']*'", re.DOTALL)


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_a_stylesheet_closes_what_it_opens(path):
    depth, deepest = 0, 0
    for brace in re.findall("[{}]", NO_CODE.sub("", path.read_text())):
        depth += 1 if brace == "{" else -1
        deepest = max(deepest, depth)
        assert depth >= 0
    assert depth == 0
    assert deepest > 0
