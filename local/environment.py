"""Builds the environment in `.venv` from the lock files, and goes on inside it.

    python3 local/environment.py run -- run             the site's packages and the local servers'
    python3 local/environment.py dev -- test -k tally   those and the developers' tools
    python3 local/environment.py clean                  removes the environment and all local data

This is the only module that runs under the machine's own Python, so it uses the standard library
alone. Whatever a killed build left behind is found by the stamp, which is written last.
"""

import argparse
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
STAMP = ENVIRONMENT / "complete.json"
PIP_LOG = VAR / "log" / "pip.log"

RUN_LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"

CACHES = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache")


class Trouble(Exception):
    """Something that the person at the keyboard must see to, in one line."""


class State(Enum):
    """How the environment was found, in the words that the person at the keyboard sees."""

    READY = ""
    MISSING = "Building the environment (about a minute) …"
    HALF_MADE = "The environment was left half-made: building it anew (about a minute) …"
    BROKEN = "The environment's Python is gone or changed: building it anew (about a minute) …"
    MOVED = "The environment was made in another folder: building it anew (about a minute) …"
    OTHER_PYTHON = "PYTHON names another Python: building the environment anew (about a minute) …"
    OUTDATED = "The lock files changed: bringing the environment up to date …"
    WITHOUT_TOOLS = "Adding the developers' tools to the environment …"


MENDED_IN_PLACE = {State.OUTDATED, State.WITHOUT_TOOLS}


def main() -> None:
    arguments = parse_arguments()
    os.chdir(ROOT)
    try:
        if arguments.what == "clean":
            clean()
            return
        with one_at_a_time():
            prepare(developer=arguments.what == "dev")
    except KeyboardInterrupt:
        sys.exit(130)
    except PermissionError as error:
        sys.exit(f"{error.filename} belongs to another user: was this once started as root?")
    except Trouble as trouble:
        sys.exit(str(trouble))
    os.execv(PYTHON, [str(PYTHON), "-m", "local", *arguments.command])  # noqa: S606 - no shell is meant


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", choices=["run", "dev", "clean"])
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    arguments.command = [word for i, word in enumerate(arguments.command) if i or word != "--"]
    return arguments


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two commands typed at once must not install into one folder; the second one waits."""
    VAR.mkdir(exist_ok=True)
    with (VAR / "environment.lock").open("w") as lock:
        # A pip that outlives this process, killed, still holds it.
        os.set_inheritable(lock.fileno(), True)  # noqa: FBT003 - the function's only form
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another command is building the environment: waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare(*, developer: bool) -> None:
    stamp = read_stamp()
    state = find_state(stamp, developer=developer)
    if state is State.READY:
        return
    say(state.value)
    began = time.monotonic()
    # Whoever once had the developers' tools keeps them, and keeps them current.
    lock = DEV_LOCK if developer or DEV_LOCK.name in stamp.get("locks", {}) else RUN_LOCK
    STAMP.unlink(missing_ok=True)
    if state not in MENDED_IN_PLACE:
        build()
    install(find_pip(), lock)
    write_stamp(lock)
    say(f"The environment is ready ({time.monotonic() - began:.0f} s).")


def find_state(stamp: dict[str, Any], *, developer: bool) -> State:
    if not ENVIRONMENT.exists():
        return State.MISSING
    if not stamp:
        return State.HALF_MADE
    if stamp["folder"] != str(ENVIRONMENT):
        return State.MOVED
    version = version_of(PYTHON)
    if release(version) != release(stamp["python"]):
        return State.BROKEN
    # An environment that works is kept, unless somebody asks for another Python by its name.
    if "PYTHON" in os.environ and release(version) != release(platform.python_version()):
        return State.OTHER_PYTHON
    return find_state_of_locks(stamp["locks"], developer=developer)


def find_state_of_locks(installed: dict[str, str], *, developer: bool) -> State:
    if DEV_LOCK.name in installed:
        # It holds everything of the other lock, in the same versions.
        return State.READY if installed[DEV_LOCK.name] == digest(DEV_LOCK) else State.OUTDATED
    if developer:
        return State.WITHOUT_TOOLS
    return State.READY if installed.get(RUN_LOCK.name) == digest(RUN_LOCK) else State.OUTDATED


def version_of(python: Path) -> str:
    """The version of an interpreter, or an empty string if it does not run."""
    code = "import platform; print(platform.python_version())"
    try:
        answer = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return answer.stdout.strip()


def release(version: str) -> list[str]:
    """3.11 of 3.11.7: what compiled packages depend on."""
    return version.split(".")[:2]


def digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def build() -> None:
    """Makes an empty environment in the place of whatever is there."""
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    make = [sys.executable, "-m", "venv"]
    # Debian and Ubuntu keep ensurepip in a package of its own, which a bare machine lacks.
    has_ensurepip = importlib.util.find_spec("ensurepip") is not None
    if not (has_ensurepip and logged([*make, str(ENVIRONMENT)])):
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        logged([*make, "--without-pip", str(ENVIRONMENT)])


def find_pip() -> list[str]:
    """The environment's own pip, or else the machine's, told to install into the environment."""
    own = [str(PYTHON), "-m", "pip"]
    outer = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    for pip in (own, outer):
        if logged([*pip, "--version"]):
            return pip
    raise Trouble(
        f"{sys.executable} can make no environment: it has neither ensurepip nor a pip of 22.3 or"
        " newer. Install them (Debian, Ubuntu: apt-get install python3-venv) and type this again."
    )


def install(pip: list[str], lock: Path) -> None:
    options = ["--require-hashes", "--disable-pip-version-check", "--no-input"]
    if not logged([*pip, "install", *options, "-r", str(lock)]):
        raise Trouble(
            "The packages could not be installed: is the network there?"
            f" The reason is in {PIP_LOG.relative_to(ROOT)}; then type this again."
        )


def logged(command: list[str]) -> bool:
    """Runs a command with its output in the log; True if it went well."""
    PIP_LOG.parent.mkdir(parents=True, exist_ok=True)
    # Somebody's pip.conf may ask for --user, which pip refuses inside an environment.
    environment = {**os.environ, "PIP_USER": "0"}
    with PIP_LOG.open("a") as log:
        log.write(f"\n$ {' '.join(command)}\n")
        log.flush()
        try:
            done = subprocess.run(
                command, stdout=log, stderr=log, env=environment, close_fds=False, check=False
            )
        except OSError as error:
            log.write(f"{error}\n")
            return False
    return done.returncode == 0


def read_stamp() -> dict[str, Any]:
    """What is known about a finished environment; empty if it is not finished."""
    try:
        stamp: dict[str, Any] = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp


def write_stamp(lock: Path) -> None:
    stamp = {
        "python": version_of(PYTHON),
        "folder": str(ENVIRONMENT),
        "locks": {lock.name: digest(lock)},
    }
    draft = STAMP.with_suffix(".draft")
    draft.write_text(json.dumps(stamp, indent=1))
    draft.replace(STAMP)


def clean() -> None:
    refuse_while_running()
    # Where root's own folders are closed to the account of PostgreSQL, its data lies elsewhere.
    elsewhere = VAR / "elsewhere"
    if elsewhere.is_symlink():
        shutil.rmtree(elsewhere.resolve(), ignore_errors=True)
    for folder in (ENVIRONMENT, VAR, *(ROOT / name for name in CACHES)):
        if folder.exists():
            shutil.rmtree(folder)
    say("Removed the environment, the caches and everything under var/.")


def refuse_while_running() -> None:
    try:
        with (VAR / "run" / "supervisor.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return
    except BlockingIOError:
        words = "'make run' is running in this folder: stop it with Ctrl-C first."
        raise Trouble(words) from None


def say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    main()
