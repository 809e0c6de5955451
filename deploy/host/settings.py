"""Settings and keys of this machine, and commands that run with those of one role."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from places import CURRENT, KEYS, PRIVATE_KEYS, SETTINGS, is_the_machine, say, stop

EXAMPLES = "deploy/env"
# In place of what Compose calls its containers.
ON_ONE_HOST = {
    "@postgres/": "@127.0.0.1/",
    "redis://broker:6379/0": "redis://127.0.0.1:6379/0",
    "redis://172.30.7.10:6379/0": "redis://127.0.0.1:6379/1",
}
# What an example has in the place of what only the administrator knows.
TO_FILL_IN = ("PASSWORD", "asks.example", "relay.example")
KEYS_OF = {
    "web": (),
    "returns": (),
    "mailer": ("mail", "pepper"),
    "deliverer": ("signature", "ledger"),
    "organizer": ("signature", "pepper"),
}
# Who runs commands that are typed by hand.
ACCOUNT = "five-asks"


def write_settings(release: Path, roles: set[str]) -> None:
    """From the examples; what is there stays as it is."""
    for name in ("site", *sorted(roles), "backup"):
        path = SETTINGS / f"{name}.env"
        example = release / EXAMPLES / f"{name}.env.example"
        if path.exists() or not example.exists():
            continue
        words = example.read_text()
        for theirs, ours in ON_ONE_HOST.items():
            words = words.replace(theirs, ours)
        words = words.replace("SECRET_KEY=\n", f"SECRET_KEY={secrets.token_urlsafe(48)}\n")
        write_private(path, words)
        say(f"Wrote {path}, from its example.")


def write_private(path: Path, words: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(words)


def what_is_missing(roles: set[str]) -> list[str]:
    """What an administrator has to fill in or to bring before the site can start."""
    missing = []
    for path in sorted(SETTINGS.glob("*.env")):
        for name, value in read_settings(path).items():
            if not value and name == "SECRET_KEY":
                missing.append(f"{path}: {name} is empty.")
            if any(word in value for word in TO_FILL_IN):
                missing.append(f"{path}: {name} is still the example’s.")
    wanted = {"public"}.union(*(KEYS_OF[role] for role in roles))
    missing += [f"{KEYS / name} has no keys." for name in sorted(wanted) if not _has_keys(name)]
    return missing


def _has_keys(name: str) -> bool:
    return any((KEYS / name).glob("*.json"))


def guard_keys() -> None:
    """Each folder is for root and its group alone; public ones are for all."""
    _guard(KEYS / "public", group="root", folders=0o755, files=0o644)
    for name in PRIVATE_KEYS:
        _guard(KEYS / name, group=f"five-asks-{name}", folders=0o750, files=0o640)


def _guard(folder: Path, *, group: str, folders: int, files: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in (folder, *folder.iterdir()):
        if is_the_machine():
            shutil.chown(path, "root", group)
        path.chmod(folders if path.is_dir() else files)


def read_settings(path: Path) -> dict[str, str]:
    """As systemd reads an EnvironmentFile of plain lines."""
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and line[0] not in "#;")
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


def settings_of(role: str) -> dict[str, str]:
    files = [SETTINGS / "site.env", SETTINGS / f"{role}.env"]
    found: dict[str, str] = {}
    for path in files:
        found |= read_settings(path) if path.exists() else {}
    return found | {"CAMPAIGN_ROLE": role, "VAULT_DIR": str(KEYS)}


def manage(
    role: str, *words: str, release: Path = CURRENT, variables: Mapping[str, str] | None = None
) -> int:
    """A command of the site with this role's settings and keys; its exit code."""
    if not (SETTINGS / "site.env").exists():
        stop("there are no settings here: type “deploy/five-asks install” first.")
    environment = {
        **{name: os.environ[name] for name in ("PATH", "LANG", "TERM") if name in os.environ},
        "PYTHONDONTWRITEBYTECODE": "1",
        **settings_of(role),
        **(variables or {}),
    }
    command = [str(release / ".venv/bin/python"), "manage.py", *words]
    if is_the_machine():
        command = [*_as_account(role), *command]
    return subprocess.run(command, cwd=release, env=environment, check=False).returncode


def _as_account(role: str) -> list[str]:
    groups = ",".join(f"five-asks-{name}" for name in KEYS_OF[role])
    who = ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--no-new-privs"]
    return [*who, f"--groups={groups}" if groups else "--clear-groups"]
