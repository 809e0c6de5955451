"""From a checkout to a release: its code, its files for browsers, and an environment that fits.

A release is named by what is in it, and an environment by the lock it was made from; each is made
under another name, or without its stamp, until it is whole.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from places import CURRENT, ENVIRONMENTS, PREVIOUS, RELEASES, SOURCE, say, stop

# What the image has, too (Containerfile).
CODE = (
    "manage.py",
    "campaign",
    "five_asks_verify",
    "petitions",
    "content",
    "locale",
    "templates",
    "static",
    "deploy",
    "CHANGELOG.md",
)
NOT_CODE = shutil.ignore_patterns("__pycache__", "*.pyc", "*.mo", "*.env", "postgres-password")
KEPT_RELEASES = 3
STAMP = "complete"


def make_release() -> Path:
    """This checkout's release; one that is there already is not made again."""
    release = RELEASES / _name_of(SOURCE)
    if release.exists():
        say(f"Release {release.name} is there already.")
        return release
    draft = RELEASES / f".{release.name}"
    shutil.rmtree(draft, ignore_errors=True)
    say(f"Copying the code to {release} …")
    _copy_code(draft)
    environment = _make_environment(draft / "deploy/requirements.lock")
    (draft / ".venv").symlink_to(os.path.relpath(environment, draft))
    say("Compiling translations, collecting files for browsers …")
    _finish(draft)
    draft.rename(release)
    return release


def remove_old(kept: set[Path]) -> None:
    """All but the newest releases, and environments that none of them uses."""
    releases = sorted(RELEASES.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    kept = {*kept, *releases[:KEPT_RELEASES], *(link.resolve() for link in (CURRENT, PREVIOUS))}
    for release in set(releases) - kept:
        say(f"Removing {release.name}, which is older than the last {KEPT_RELEASES}.")
        shutil.rmtree(release)
    used = {(release / ".venv").resolve() for release in RELEASES.iterdir()}
    for environment in set(ENVIRONMENTS.iterdir()) - used:
        shutil.rmtree(environment)


def migrations_of(release: Path) -> set[str]:
    return {path.stem for path in (release / "petitions/migrations").glob("[0-9]*.py")}


# --- The code


def _name_of(source: Path) -> str:
    """The same code has the same name, wherever the checkout lies."""
    digest = hashlib.sha256()
    for path in _files(source):
        digest.update(f"{path.relative_to(source)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _files(source: Path) -> Iterator[Path]:
    for name in CODE:
        root = source / name
        if not root.exists():
            stop(f"{source} is no whole checkout: {name} is missing.")
        for folder, names, files in os.walk(root):
            left_out = NOT_CODE(folder, [*names, *files])
            names[:] = sorted(set(names) - left_out)
            yield from (Path(folder) / each for each in sorted(set(files) - left_out))
        if root.is_file():
            yield root


def _copy_code(draft: Path) -> None:
    draft.mkdir(parents=True)
    for path in _files(SOURCE):
        target = draft / path.relative_to(SOURCE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)


def _finish(draft: Path) -> None:
    # Role `all` knows the files of the admin, too. No command asks the database.
    build = {"CAMPAIGN_ROLE": "all", "SECRET_KEY": "build", "DATABASE_URL": "postgres:///none"}
    python = draft / ".venv/bin/python"
    for words in (
        ["manage.py", "compile_catalogues"],
        ["manage.py", "collectstatic", "--no-input", "-v", "0"],
        ["-m", "compileall", "-q", "campaign", "five_asks_verify", "petitions"],
    ):
        _run(python, *words, folder=draft, variables=build)


# --- The environment


def name_of_environment(lock: Path) -> str:
    """The same packages for the same Python have the same name."""
    version = ".".join(platform.python_version_tuple()[:2])
    return f"{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}-py{version}"


def _make_environment(lock: Path) -> Path:
    name = name_of_environment(lock)
    environment = ENVIRONMENTS / name
    if (environment / STAMP).exists():
        say(f"The packages are those of environment {name}.")
        return environment
    say(f"Installing the packages of requirements.lock into {environment} (a minute or two) …")
    # One without its stamp was left half-made.
    shutil.rmtree(environment, ignore_errors=True)
    _run(Path(sys.executable), "-m", "venv", environment)
    pip = [environment / "bin/python", "-m", "pip", "--disable-pip-version-check", "--quiet"]
    # Wheels only, but for one that has none: it is built by the environment's own setuptools, so
    # that nothing is fetched that the lock does not name.
    only = ["--only-binary", ":all:", "--no-binary", "dkimpy", "--no-build-isolation"]
    _run(*pip, "install", "--require-hashes", *only, "-r", lock)
    _run(*pip, "uninstall", "--yes", "pip", "setuptools")
    _run(environment / "bin/python", "-m", "compileall", "-q", environment / "lib")
    (environment / STAMP).touch()
    return environment


def _run(
    *words: str | Path, folder: Path | None = None, variables: dict[str, str] | None = None
) -> None:
    environment = os.environ | {"PIP_USER": "0"} | (variables or {})
    done = subprocess.run(
        words,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        command = " ".join(str(word) for word in words[:5])
        stop(f"“{command} …” failed; nothing has changed:\n{done.stdout.strip()}")
