"""What people wait for, with ten million signatures in the database and with none.

Both databases stand on one PostgreSQL server, each has a web server of its own, and they take turns:
the machine before filling is not the machine after it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

from django.db import DEFAULT_DB_ALIAS, connection, connections

from bench.bare import bare_views
from bench.compare import Figure
from bench.confirmations import (
    bare_confirm_requests,
    confirm_requests,
    pace_of_confirmations,
)
from bench.forms import PETITION, filled_in_forms
from bench.load import Load, get, post, requests_a_second
from bench.server import web_server
from bench.vaults import as_web
from local.places import ROOT
from petitions.models import Petition

SIGNATURES = int(os.environ.get("FILLED_SIGNATURES", "10000000"))
# Many short turns: what disturbs the machine lasts longer than one, and meets both.
SECONDS = 1.5
ROUNDS = 15
# More than are confirmed in that time.
CONFIRMATIONS = 1500
GOAL = 0.95
FILLED = "filled"
# The site's figure is its share of the bare view on the same database: with a page as long, since one
# that names signers and letters is longer.
SHARE = "_ratio"

# How many a second, by what is asked.
Paces = Mapping[str, Callable[[], float]]
# With none, and with them.
Pair = tuple[float, float]


def measure_at_ten_million() -> dict[str, Figure]:
    url = _make_filled()
    public = as_web()
    full = {**public, "DATABASE_URL": url}
    with (
        web_server(**public) as empty,
        web_server(**full) as filled,
        bare_views(public, beside=empty) as bare_empty,
        bare_views(full, beside=filled) as bare_filled,
    ):
        without = _paces(empty, bare_empty, DEFAULT_DB_ALIAS)
        with_them = _paces(filled, bare_filled, FILLED)
        # The first is for templates and caches.
        rounds = [_round(without, with_them, number % 2) for number in range(1 + ROUNDS)][1:]
    return _report(rounds)


# --- The database that is full


def _make_filled() -> str:
    """Its address. In this process it is known by its name here."""
    place = connections.databases[DEFAULT_DB_ALIAS]
    name = f"{place['NAME']}_{FILLED}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    connections.databases[FILLED] = {**place, "NAME": name}
    url = f"{os.environ['DATABASE_URL']}_{FILLED}"
    began = time.monotonic()
    for words in (["migrate", "-v0"], ["load_campaign"], ["fill", f"--signatures={SIGNATURES}"]):
        _manage(words, url)
    print(f"{SIGNATURES:,} signatures in {time.monotonic() - began:.0f} s", flush=True)
    with connection.cursor() as cursor:
        # Else what filling left to write is written meanwhile.
        cursor.execute("CHECKPOINT")
    return url


def _manage(words: list[str], url: str) -> None:
    command = [sys.executable, "manage.py", *words]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"DATABASE_URL": url}, check=True)  # noqa: S603 - our own


# --- Their turns


def _paces(site: int, bare: int, database: str) -> Paces:
    """Of the site, and of its bare views on the same database."""
    forms = filled_in_forms(site)
    petition = Petition.objects.using(database).get(number=1)
    some = {"rounds": 1 + ROUNDS, "a_round": CONFIRMATIONS}
    confirmations = confirm_requests(petition, database=database, **some)
    bare_ones = bare_confirm_requests(petition, database=database, **some)
    return {
        "sign_request": lambda: _pace(site, Load(forms, b"200")),
        _limit("sign_request"): lambda: _pace(bare, Load([post("/sign", b"")], b"302")),
        "confirmation": lambda: _confirmations(site, confirmations.pop(), b"200"),
        _limit("confirmation"): lambda: _confirmations(bare, bare_ones.pop(), b"302"),
        "petition_page": lambda: _pace(site, Load([get(PETITION)], b"200")),
        _limit("petition_page"): lambda: _pace(bare, Load([get("/page")], b"200")),
    }


def _limit(name: str) -> str:
    return f"{name}, bare view"


def _confirmations(port: int, requests: list[bytes], status: bytes) -> float:
    return pace_of_confirmations(port, requests, status, seconds=SECONDS)


def _pace(port: int, load: Load) -> float:
    return requests_a_second(port, load, seconds=SECONDS)


def _round(without: Paces, with_them: Paces, turned: int) -> dict[str, Pair]:
    """Neither is always the first."""
    paces: dict[str, Pair] = {}
    for name in without:
        if turned:
            full, empty = with_them[name](), without[name]()
        else:
            empty, full = without[name](), with_them[name]()
        paces[name] = (empty, full)
    for name in [each for each in without if _limit(each) in without]:
        paces[f"{name}{SHARE}"] = _shares(paces[name], paces[_limit(name)])
    return paces


def _shares(paces: Pair, limits: Pair) -> Pair:
    return paces[0] / limits[0], paces[1] / limits[1]


def _report(rounds: list[dict[str, Pair]]) -> dict[str, Figure]:
    print(f"\n{'a second':30}{'with none':>12}{f'with {SIGNATURES:,}':>18}{'ratio':>8}")
    figures: dict[str, Figure] = {}
    for name in rounds[0]:
        pairs = [each[name] for each in rounds]
        empty, full = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(full / empty for empty, full in pairs)
        digits = 2 if name.endswith(SHARE) else 0
        print(f"{name:30}{empty:12,.{digits}f}{full:18,.{digits}f}{ratio:8.2f}", flush=True)
        figures[f"{name}_filled"] = {"value": round(full, 3), "unit": f"with {SIGNATURES}"}
        figures[f"{name}_filled_ratio"] = {
            "value": round(ratio, 3),
            "unit": f"of the empty database's, goal {GOAL}",
        }
    return figures
