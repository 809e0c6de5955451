"""Roles as `deploy/` starts them: the command of their unit, with their keys and no others."""

from __future__ import annotations

import os
import secrets
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench.server import free_port, wait_for
from bench.vaults import keys_of
from local.places import ROOT

SITE_HOST = "asks.example"
# A server takes none that stands in a file which everybody can read.
PASSWORD = secrets.token_urlsafe(24)
ONION = f"http://{'asks4567' * 7}.onion"
STOPS_WITHIN_SECONDS = 15
KEYS = {"web": (), "organizer": ("signature", "pepper"), "returns": ()}


def variables_of(role: str) -> dict[str, str]:
    """What deploy/env/ asks for, beside the servers' addresses."""
    return {
        "CAMPAIGN_ROLE": role,
        "VAULT_DIR": str(keys_of(*KEYS[role])),
        "SITE_URL": f"https://{SITE_HOST}",
        "ALLOWED_HOSTS": SITE_HOST,
        "ONION_URL": ONION,
        "CLIENT_ADDRESS_HEADER": "RealIP",
        "MAILBOX_DIR": "",
        "RELAY_URL": "",
        "LETTER_FROM": f"letters@{SITE_HOST}",
        "MALLOC_ARENA_MAX": "1",
        "RETURNS_WEBHOOKS": "mailgun" if role == "returns" else "",
        "RETURNS_WEBHOOK_SECRET": f"mailgun:{PASSWORD}" if role == "returns" else "",
        "RETURNS_WEBHOOK_KEY": "the-key-by-which-it-signs" if role == "returns" else "",
    }


@contextmanager
def deployed(role: str, variables: dict[str, str]) -> Iterator[int]:
    """Its port."""
    port = free_port()
    process = subprocess.Popen(  # noqa: S603 - our own server
        command_of(role, port), env=os.environ | variables, cwd=ROOT, start_new_session=True
    )
    try:
        wait_for(port)
        yield port
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOPS_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        # With its workers.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def command_of(role: str, port: int) -> list[str]:
    """That of its unit, on this port."""
    unit = (ROOT / "deploy" / "systemd" / f"five-asks-{role}.service").read_text()
    (line,) = (line for line in unit.splitlines() if line.startswith("ExecStart="))
    words = shlex.split(line.removeprefix("ExecStart="))[1:]
    place = words.index("--port") + 1
    quiet = ["--log-level", "error"]
    return [sys.executable, "-m", "granian", *words[:place], str(port), *words[place + 1 :], *quiet]
