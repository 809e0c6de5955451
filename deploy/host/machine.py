"""Accounts, folders, units: what systemd needs of this machine, and whether the site answers."""

from __future__ import annotations

import grp
import http.client
import os
import pwd
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from places import (
    ENVIRONMENTS,
    KEYS,
    PRIVATE_KEYS,
    RELEASES,
    SETTINGS,
    UNITS,
    is_the_machine,
    say,
    stop,
)
from settings import ACCOUNT, settings_of

OLDEST_PYTHON = (3, 11)
TARGET = "five-asks.target"
# Which units serve HTTP, and a page of each that asks the database.
PAGES = {"web": "/en/", "organizer": "/admin/login/", "returns": "/returns/"}
PATIENCE = float(os.environ.get("PATIENCE") or 60)
# What ran before is given more time: there is nothing to go back to.
LONGEST_PATIENCE = 180
STEADY_SECONDS = 3


def look_before() -> None:
    """Whatever would stop the work halfway stops it here."""
    if sys.version_info < OLDEST_PYTHON:
        stop("Python 3.11 or newer is needed; name it in PYTHON.")
    if is_the_machine() and os.geteuid() != 0:
        stop("this changes the machine: type it as root, or with sudo.")
    if shutil.which("systemctl") is None:
        stop("there is no systemd here. deploy/compose.yaml is for machines with containers.")
    try:
        import ensurepip  # noqa: F401, PLC0415 - Debian has it in a package of its own
    except ImportError:
        stop("Python can make no environment: apt-get install python3-venv")


def make_accounts() -> None:
    """A group for each folder of keys, and an account for commands typed by hand."""
    if not is_the_machine():
        return
    groups = {each.gr_name for each in grp.getgrall()}
    for name in (ACCOUNT, *(f"five-asks-{each}" for each in PRIVATE_KEYS)):
        if name not in groups:
            _run("groupadd", "--system", name)
    if ACCOUNT not in {each.pw_name for each in pwd.getpwall()}:
        nobody = ["--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
        _run("useradd", "--system", "--gid", ACCOUNT, *nobody, ACCOUNT)


def make_folders() -> None:
    for folder in (RELEASES, ENVIRONMENTS, UNITS):
        folder.mkdir(parents=True, exist_ok=True)
    for folder in (SETTINGS, KEYS):
        folder.mkdir(parents=True, exist_ok=True)
        # What is in them is guarded by itself: public keys are for each process.
        folder.chmod(0o711)


# --- Units


def roles_here() -> set[str]:
    """By the units that were installed."""
    return set(map(_role_of, _units_here())) - {""}


def units_of(release: Path, roles: set[str]) -> list[Path]:
    """The target, the services of these roles, and backups where organizers are."""
    folder = release / "deploy/systemd"
    services = [path for path in sorted(folder.glob("*.service")) if _role_of(path) in roles]
    timers = sorted(folder.glob("*.timer")) if "organizer" in roles else []
    return [folder / TARGET, *services, *timers]


def install_units(release: Path, roles: set[str]) -> None:
    wanted = units_of(release, roles)
    for path in wanted:
        shutil.copyfile(path, UNITS / path.name)
    for path in set(_units_here()) - {UNITS / each.name for each in wanted}:
        path.unlink()
    systemctl("daemon-reload")


def start() -> None:
    """All that this machine has, now and after each boot."""
    names = [path.name for path in _units_here() if "[Install]" in path.read_text()]
    systemctl("enable", "--now", *sorted(names))


def restart() -> None:
    systemctl("restart", TARGET)


def systemctl(*words: str) -> None:
    _run("systemctl", *words)


def _units_here() -> list[Path]:
    return sorted(UNITS.glob("five-asks*"))


def _role_of(unit: Path) -> str:
    """Empty where it is of none: the target, or a timer."""
    found = re.search("CAMPAIGN_ROLE=([a-z]+)", unit.read_text())
    return found[1] if found else ""


# --- Whether it runs


def what_is_wrong(*, seconds: float = PATIENCE) -> list[str]:
    """Empty once all that this machine has runs steadily and each server shows a page."""
    ends_at = time.monotonic() + seconds
    while problems := _problems():
        if time.monotonic() > ends_at:
            return problems
        time.sleep(0.5)
    # What dies at once is started again by systemd, so that it seems to run now and then.
    time.sleep(STEADY_SECONDS)
    return _problems()


def _problems() -> list[str]:
    problems = []
    for path in _units_here():
        words = path.read_text()
        if path.suffix != ".service" or "[Install]" not in words:
            continue
        if not _is_active(path.name):
            problems.append(f"{path.name} does not run: journalctl -u {path.name}")
        elif port := re.search(r"--port (\d+)", words):
            name = path.stem.removeprefix("five-asks-")
            if status := _wrong_status(int(port[1]), name):
                problems.append(f"{path.name}: {PAGES[name]} is answered by {status}")
    return problems


def _is_active(unit: str) -> bool:
    done = subprocess.run(["systemctl", "is-active", "--quiet", unit], check=False)
    return done.returncode == 0


def _wrong_status(port: int, role: str) -> str:
    settings = settings_of(role)
    names = settings.get("ALLOWED_HOSTS") or urlsplit(settings["SITE_URL"]).hostname or ""
    headers = {"Host": names.partition(",")[0], "X-Forwarded-Proto": "https"}
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        client.request("GET", PAGES[role], headers=headers)
        status = client.getresponse().status
    except OSError as error:
        return f"nobody ({type(error).__name__})"
    finally:
        client.close()
    return str(status) if status >= http.HTTPStatus.INTERNAL_SERVER_ERROR else ""


def _run(*words: str) -> None:
    done = subprocess.run(words, check=False)
    if done.returncode:
        stop(f"“{' '.join(words)}” failed.")
    if words[0] != "systemctl":
        say(f"$ {' '.join(words)}")
