"""scripts/postfix says what it lacks. tests/delivery/test_postfix.py sends mail through what it starts."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def postfix(*words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "local.postfix", *words],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_postfix_it_says_what_to_install(tmp_path):
    done = postfix("start", "--folder", str(tmp_path), PATH="/nowhere")

    assert done.returncode == 1
    assert "install Debian's `postfix`" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(
    shutil.which("postfix") is None or os.geteuid() != 0, reason="needs Postfix, and root"
)
@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["start", "--user", "root"], "no program of root's"),
        (["start", "--user", "nobody-of-this-name"], "no program of root's"),
        (["stop"], "No Postfix was started"),
    ],
)
def test_it_starts_and_stops_nothing_where_it_should_not(tmp_path, words, complaint):
    done = postfix(*words, "--folder", str(tmp_path))

    assert done.returncode == 1
    assert complaint in done.stderr
    assert list(tmp_path.iterdir()) == []
