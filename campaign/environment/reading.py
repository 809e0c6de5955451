"""The settings of this process, from its environment: what its role reads, and nothing else.

What is wrong ends the process here, with one line: there is no log yet, and a traceback would tell
an administrator nothing.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from campaign.environment.catalogue import SETTINGS, Setting
from campaign.environment.kinds import Wrong
from campaign.roles import Role

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# How alike a name must be to be taken for one of ours that was misspelt.
ALIKE = 0.85


@dataclass(frozen=True)
class Environment:
    # Secrets are among them, and Django's pages of settings show what this says of itself.
    values: Mapping[str, Any] = field(repr=False)
    role: Role
    is_server: bool
    # Names that are nobody's, each with the one that was perhaps meant.
    misspelt: Mapping[str, str]
    # What is there and only other roles read.
    foreign: frozenset[str]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


class Misconfigured(Exception):
    """In one line: what is wrong, and what it must be."""


def read_or_refuse(given: Mapping[str, str]) -> Environment:
    """The settings; ends the process with one line where they can't be read."""
    try:
        return read(given)
    except Misconfigured as fault:
        sys.exit(str(fault))


def read(given: Mapping[str, str]) -> Environment:
    """What the role of this process reads.

    Raises:
        Misconfigured: something that it reads is wrong or missing.
    """
    # An empty text is what an unfinished file of settings says: as if nothing stood there.
    typed = {name: text.strip() for name, text in given.items() if text.strip()}
    role = _role(typed)
    is_server = _is_server(typed, role)
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for setting in SETTINGS.values():
        try:
            values[setting.name] = _value(setting, typed, role=role, is_server=is_server)
        except Wrong as fault:
            faults[setting.name] = str(fault)
    if faults:
        raise Misconfigured(_line(role, faults, typed))
    return Environment(
        values,
        role,
        is_server,
        misspelt=dict(_misspelt(given)),
        foreign=frozenset(
            name for name, each in SETTINGS.items() if name in typed and not each.is_read_by(role)
        ),
    )


def _role(typed: Mapping[str, str]) -> Role:
    """First of all, since it says what else is read."""
    setting = SETTINGS["CAMPAIGN_ROLE"]
    text = typed.get(setting.name, str(setting.default))
    try:
        return Role(setting.kind.read(text))
    except Wrong as fault:
        line = f"This process does not start. {setting.name} {fault}, not “{text}”."
        raise Misconfigured(line) from fault


def _is_server(typed: Mapping[str, str], role: Role) -> bool:
    """A laptop's site has this machine's own address; what can't be read is told later."""
    if "SITE_URL" not in typed:
        return role is not Role.ALL
    try:
        return urlsplit(typed["SITE_URL"]).hostname not in LOOPBACK
    except ValueError:
        return True


def _value(setting: Setting, typed: Mapping[str, str], *, role: Role, is_server: bool) -> Any:
    is_given = setting.name in typed and setting.is_read_by(role)
    if not is_given and (setting.default is None or (is_server and role in setting.needed_by)):
        hint = "" if is_server else ": set it, or type 'make run' first"
        raise Wrong(f"is not set{hint}")
    text = typed[setting.name] if is_given else str(setting.default)
    return setting.kind.read(text) if text else setting.kind.nothing


def _line(role: Role, faults: Mapping[str, str], typed: Mapping[str, str]) -> str:
    first, *others = faults
    quoted = "" if SETTINGS[first].is_secret or first not in typed else f", not “{typed[first]}”"
    more = f" Wrong, too: {', '.join(others)}." if others else ""
    return f"The {role} role does not start. {first} {faults[first]}{quoted}.{more}"


def _misspelt(given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in sorted(set(given) - set(SETTINGS)):
        for meant in difflib.get_close_matches(name, SETTINGS, n=1, cutoff=ALIKE):
            yield name, meant
