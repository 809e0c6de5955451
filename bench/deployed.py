"""The site's processes as the units of `deploy/systemd/` start them, with no keys but their own."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from bench.restartable import Server
from bench.server import is_open
from bench.vaults import keys_of
from local.places import ROOT, Home
from local.processes import Program

UNITS = ROOT / "deploy" / "systemd"
BIN = Path(sys.prefix) / "bin"


def as_deployed(
    home: Home, name: str, *, port: int | None = None, clock: int = 0, **variables: str
) -> Server:
    """What `five-asks-NAME.service` starts; its clock is so many seconds ahead."""
    unit = (UNITS / f"five-asks-{name}.service").read_text()
    keys = re.findall(r"^BindReadOnlyPaths=\S+:/run/five-asks-keys/(\w+)$", unit, re.MULTILINE)
    own = role(_said(unit, "CAMPAIGN_ROLE"), *(key for key in keys if key != "public"))
    # glibc would give each thread a heap of its own, which keeps what it once took.
    own |= {"MALLOC_ARENA_MAX": "1"} if "MALLOC_ARENA_MAX=1" in unit else {}
    command = _command(unit, home, port)
    if clock:
        command = [sys.executable, "-m", "bench.other_clock", str(clock), *command]
    return server(home, name, command, own | variables)


def role(name: str, *keys: str) -> dict[str, str]:
    return {"CAMPAIGN_ROLE": name, "VAULT_DIR": str(keys_of(*keys)), "MAILBOX_DIR": ""}


def server(
    home: Home,
    name: str,
    command: list[str],
    variables: dict[str, str],
    is_ready: Callable[[], bool] = lambda: True,
) -> Server:
    return Server(Program(name, command, os.environ | variables), home, is_ready)


def opens(port: int) -> Callable[[], bool]:
    return lambda: is_open(port)


def _said(unit: str, name: str) -> str:
    found = re.search(rf"\b{name}=(\S+)", unit)
    assert found is not None  # noqa: S101 - each unit says it
    return found[1]


def _command(unit: str, home: Home, port: int | None) -> list[str]:
    (line,) = re.findall(r"^ExecStart=(.+)$", unit, re.MULTILINE)
    words = shlex.split(line.replace("%h", "host"))
    words[0] = str(BIN / Path(words[0]).name)
    if port is not None:
        words[words.index("--port") + 1] = str(port)
    return [re.sub("^/run/five-asks-[a-z]+", str(home.run), word) for word in words]
