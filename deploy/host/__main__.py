"""The site on a plain machine, with systemd and no containers. docs/deploy.md and docs/upgrade.md.

five-asks install [ROLE …]     accounts, folders, packages, units; type it again after each answer
five-asks upgrade              this checkout in place of what runs; back by itself if it fails
five-asks rollback             the release before, on the database as it is
five-asks manage ROLE WORDS …  a command of the site with the settings and keys of a role
five-asks status               what runs here

PATIENCE (60) is for how many seconds a release may start before it counts as broken.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import machine
import releases
import settings
from places import CURRENT, PREVIOUS, SETTINGS, alone, point, say, stop

ALL_ROLES = ("web", "mailer", "deliverer", "organizer")
# A migration that waits longer for a lock lets the others go on, and is tried again by hand.
LOCK_TIMEOUT = {"PGOPTIONS": "-c lock_timeout=5s"}


def install(*roles: str) -> None:
    """Ends well once the site answers. Nothing that is there already is done again."""
    if unknown := set(roles) - set(settings.KEYS_OF):
        stop(f"there is no role {', '.join(sorted(unknown))}: {', '.join(settings.KEYS_OF)}.")
    machine.look_before()
    with alone():
        chosen = set(roles) or machine.roles_here() or set(ALL_ROLES)
        say(f"This machine gets: {', '.join(sorted(chosen))}.")
        machine.make_accounts()
        machine.make_folders()
        if not CURRENT.exists():
            point(CURRENT, releases.make_release())
        settings.write_settings(CURRENT, chosen)
        settings.guard_keys()
        machine.install_units(CURRENT, chosen)
        if missing := settings.what_is_missing(chosen):
            say("\nBefore it can start:\n" + "\n".join(f"  {each}" for each in missing))
            stop("fill these in, bring the keys, and type the same again.")
        _migrate(CURRENT)
        machine.start()
        _report(machine.what_is_wrong())


def upgrade() -> None:
    machine.look_before()
    with alone():
        old = _current_release()
        new = releases.make_release()
        if new == old:
            stop(f"{new.name} runs already: this checkout is the same.")
        if not_known := _migrations_ahead(old, new):
            stop(f"the release that runs is newer: it has {', '.join(not_known)}. See rollback.")
        _migrate(new)
        before = PREVIOUS.resolve() if PREVIOUS.exists() else old
        _switch(new, previous=old)
        if wrong := machine.what_is_wrong():
            say("\n".join(wrong))
            _switch(old, previous=before)
            stop(f"{new.name} did not answer: {old.name} is back. {_after_return()}")
        releases.remove_old({old, new})
        say(f"{new.name} runs; “five-asks rollback” brings {old.name} back.")


def rollback() -> None:
    machine.look_before()
    with alone():
        new = _current_release()
        if not PREVIOUS.exists() or (old := PREVIOUS.resolve()) == new:
            stop("there is no release before this one.")
        if left := sorted(releases.migrations_of(new) - releases.migrations_of(old)):
            say(f"The database keeps what {', '.join(left)} made; old code runs on it.")
        _switch(old, previous=new)
        _report(machine.what_is_wrong())


def status() -> None:
    say(f"Release {_current_release().name}, roles {', '.join(sorted(machine.roles_here()))}.")
    _report(machine.what_is_wrong())


def manage(role: str = "", *words: str) -> None:
    if role not in settings.KEYS_OF or not words:
        stop(f"which command, as which role? The roles are: {', '.join(settings.KEYS_OF)}.")
    sys.exit(settings.manage(role, *words))


# --- Parts


def _current_release() -> Path:
    if not SETTINGS.exists() or not CURRENT.is_symlink():
        stop("nothing is installed here: type “deploy/five-asks install” first.")
    if not (CURRENT / ".venv/bin/python").exists():
        stop(f"{CURRENT} leads to no whole release: look at {CURRENT.parent / 'releases'}.")
    return CURRENT.resolve()


def _migrations_ahead(old: Path, new: Path) -> list[str]:
    return sorted(releases.migrations_of(old) - releases.migrations_of(new))


def _migrate(release: Path) -> None:
    """The old processes go on meanwhile: docs/operations.md, "Migrations"."""
    if "organizer" not in machine.roles_here():
        say("The organizers’ machine migrates the database: upgrade it first.")
        return
    say("Migrating the database …")
    for words in (["migrate", "--no-input", "-v", "1"], ["load_campaign"]):
        if settings.manage("organizer", *words, release=release, variables=LOCK_TIMEOUT):
            stop(f"“manage.py {words[0]}” failed; what ran before still runs.")


def _switch(to: Path, *, previous: Path) -> None:
    """Turn the links, and start everything anew with that release's units."""
    roles = machine.roles_here()
    point(PREVIOUS, previous)
    point(CURRENT, to)
    say(f"{to.name} takes over …")
    machine.install_units(to, roles)
    machine.restart()


def _after_return() -> str:
    wrong = machine.what_is_wrong(seconds=machine.LONGEST_PATIENCE)
    return "It answers." if not wrong else "It does not answer either: " + "; ".join(wrong)


def _report(problems: list[str]) -> None:
    if problems:
        stop("\n".join(problems))
    say("Everything runs, and each server shows its page.")


COMMANDS: dict[str, Callable[..., None]] = {
    "install": install,
    "upgrade": upgrade,
    "rollback": rollback,
    "manage": manage,
    "status": status,
}
# The others would do something else than what was typed.
TAKE_WORDS = {"install", "manage"}


def main(words: list[str]) -> None:
    os.umask(0o022)
    command, more = "".join(words[:1]), words[1:]
    if command not in COMMANDS or (more and command not in TAKE_WORDS):
        sys.exit(__doc__)
    COMMANDS[command](*more)


if __name__ == "__main__":
    main(sys.argv[1:])
