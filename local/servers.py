"""The servers of one run, and the variables that tell Django where they are."""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from local.places import ROOT, VAR, Home, take_lock
from local.postgres import postgres
from local.processes import stop_orphans
from local.stopping import Trouble
from local.valkey import valkey

SITE = "http://127.0.0.1:8000"
# Nothing listens there: a test that sends mail names its own server.
NO_MAIL = "smtp://127.0.0.1:1"

# Tests start hundreds of processes. Where the machine forbids to keep what Python compiled, each
# would compile the whole site again, half a second long.
KEEP_COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}

# Seconds after which the local mail server gives up a silent connection. A letter whose fate is
# unknown waits that long, so a laptop's is shorter than a real relay's.
RELAY_TIMEOUT = 30


@contextmanager
def servers(home: Home, *, durable: bool) -> Iterator[dict[str, str]]:
    """Runs what the environment does not name already; yields the addresses of both."""
    with ExitStack() as opened:
        addresses = {name: os.environ.get(name, "") for name in ("DATABASE_URL", "BROKER_URL")}
        if not addresses["DATABASE_URL"]:
            addresses["DATABASE_URL"] = opened.enter_context(postgres(home, durable=durable))
        if not addresses["BROKER_URL"]:
            addresses |= opened.enter_context(valkey(home, durable=durable))
        yield addresses


def settings_for(home: Home, *, site: str, secret: str) -> dict[str, str]:
    """What Django reads, but for the servers' addresses."""
    mailbox = home.folder / "mailbox"
    return {
        "SECRET_KEY": secret,
        "SITE_URL": site,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "CAMPAIGN_ROLE": "all",
        "SECOND_FACTOR": "required",
        "CONTENT_DIR": str(ROOT / "content"),
        "VAULT_DIR": str(home.folder / "vault"),
        "STATIC_ROOT": str(home.folder / "static"),
        "MAILBOX_DIR": str(mailbox),
        "RELAY_URL": f"maildir://{mailbox}",
        "RELAY_TIMEOUT": str(RELAY_TIMEOUT),
        # Invented supporters have addresses at a handful of domains.
        "DOMAIN_MAILS_AN_HOUR": "100000",
    }


def as_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The variables of a program that we start."""
    ours = dict(os.environ)
    if not ours.get("DATABASE_URL"):
        # PGHOST and its like speak of somebody's other server.
        ours = {name: value for name, value in ours.items() if not name.startswith("PG")}
    return {**ours, **settings}


@contextmanager
def throw_away_servers(family: str, *, durable: bool) -> Iterator[tuple[Home, dict[str, str]]]:
    """Beside whatever else runs: own servers, own folders, nothing of what `run` keeps."""
    with throw_away_home(VAR / family) as home, servers(home, durable=durable) as addresses:
        settings = settings_for(home, site=SITE, secret=secrets.token_urlsafe(48)) | addresses
        # Named here even where nobody sends mail: else Django would take it from `run`'s file.
        settings["EMAIL_URL"] = os.environ.get("EMAIL_URL") or NO_MAIL
        yield home, as_environment(settings)


@contextmanager
def throw_away_home(family: Path) -> Iterator[Home]:
    """An empty folder: the first of `1`, `2`, `3` … in the family that no other run uses."""
    for number in range(1, 100):
        lock = take_lock(family / f"{number}.lock")
        if lock is not None:
            break
    else:
        raise Trouble(f"A hundred runs use {family.relative_to(ROOT)}/ already.")
    with lock:
        home = Home(family / str(number))
        stop_orphans(home)
        home.empty()
        home.make()
        yield home
