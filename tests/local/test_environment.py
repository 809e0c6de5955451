"""When the environment in `.venv` is used as it is, mended, or built anew."""

import json
import platform
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from local import environment
from local.environment import State, find_state, read_stamp, write_stamp
from local.places import ROOT


@pytest.fixture(autouse=True)
def checkout(tmp_path, monkeypatch):
    """A checkout with an environment that was finished for `make test`."""
    for name, path in {
        "ROOT": ".",
        "VAR": "var",
        "ENVIRONMENT": ".venv",
        "PYTHON": ".venv/bin/python",
        "STAMP": ".venv/complete.json",
        "PIP_LOG": "var/log/pip.log",
        "RUN_LOCK": "requirements.lock",
        "DEV_LOCK": "requirements-dev.lock",
    }.items():
        monkeypatch.setattr(environment, name, tmp_path / path)
    monkeypatch.delenv("PYTHON", raising=False)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    (tmp_path / "requirements.lock").write_text("django==5.2.19\n")
    (tmp_path / "requirements-dev.lock").write_text("django==5.2.19\npytest==9.2.0\n")
    write_stamp(environment.DEV_LOCK)
    return tmp_path


def state(*, developer=False):
    return find_state(read_stamp(), developer=developer)


def test_a_finished_environment_serves_developers_and_everybody_else():
    assert (state(developer=True), state()) == (State.READY, State.READY)


def test_one_made_for_running_lacks_the_tools():
    write_stamp(environment.RUN_LOCK)
    assert (state(developer=True), state()) == (State.WITHOUT_TOOLS, State.READY)


def test_a_killed_build_is_half_made(checkout):
    (checkout / ".venv/complete.json").unlink()
    assert state() is State.HALF_MADE


def test_a_stamp_that_nobody_can_read_is_none(checkout):
    (checkout / ".venv/complete.json").write_text("{")
    assert state() is State.HALF_MADE


def test_a_changed_lock_makes_it_outdated(checkout):
    with (checkout / "requirements-dev.lock").open("a") as lock:
        lock.write("hypothesis==6.170.15\n")
    assert (state(developer=True), state()) == (State.OUTDATED, State.OUTDATED)


def test_a_python_that_is_gone_breaks_it(checkout):
    (checkout / ".venv/bin/python").unlink()
    (checkout / ".venv/bin/python").symlink_to("/nowhere/python3")
    assert state() is State.BROKEN


def test_a_python_that_became_another_breaks_it(checkout):
    stamp = json.loads((checkout / ".venv/complete.json").read_text())
    (checkout / ".venv/complete.json").write_text(json.dumps(stamp | {"python": "3.10.2"}))
    assert state() is State.BROKEN


def test_one_that_was_made_elsewhere_is_made_anew(checkout, monkeypatch):
    monkeypatch.setattr(environment, "ENVIRONMENT", Path(f"{checkout}/./.venv/../.venv"))
    assert state() is State.MOVED


def test_another_python_counts_only_when_it_is_named(monkeypatch):
    monkeypatch.setattr(platform, "python_version", lambda: "3.99.0")
    assert state() is State.READY
    monkeypatch.setenv("PYTHON", "python3.99")
    assert state() is State.OTHER_PYTHON


def test_none_at_all_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "ENVIRONMENT", tmp_path / "nothing")
    assert find_state({}, developer=False) is State.MISSING


def test_make_run_loads_nothing_that_only_developers_have():
    """What a newcomer types first runs where the lock for running alone is installed."""
    loaded = subprocess.check_output(
        [
            sys.executable,
            "-c",
            "import sys; own = set(sys.modules); import local.__main__; print(*set(sys.modules) - own)",
        ],
        cwd=ROOT,
        text=True,
    )
    packages = packages_distributions()
    needed = {
        name.lower().replace("_", "-")
        for module in loaded.split()
        for name in packages.get(module.partition(".")[0], [])
    }
    lock = (ROOT / "requirements.lock").read_text()
    locked = set(re.findall(r"^([a-z0-9][\w.-]*)==", lock, re.MULTILINE))

    assert needed
    assert needed - locked == set()
