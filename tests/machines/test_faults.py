"""A few of `make faults`, lest its machinery rot: those that no other test has."""

import subprocess
import sys

import pytest

from tests.processes import ROOT

NOTHING_LOST = """\
     0  acknowledged forms without a mail
     0  confirmed signatures without a row
     0  letters lost
     0  letters twice
     0  letters under another Message-ID
     0  confirmation mails under another Message-ID
     0  supporters who gave up
     0  petitions with a wrong count
"""


@pytest.mark.long
def test_a_killed_web_worker_and_a_beat_that_is_away_cost_nobody_a_signature(show):
    done = subprocess.run(
        [sys.executable, "-m", "bench.faults", "web-worker", "beat-away"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    words, _, lost = done.stdout.partition("mails twice under the same Message-ID; ")
    forms = int(words.splitlines()[-1].split()[0])

    assert lost.partition("\n")[2] == NOTHING_LOST
    assert done.returncode == 0
    assert "one of two web workers killed" in words
    assert forms > 20
    show(f"two faults, {forms} forms, {lost.partition('.')[0]}")
