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
from bench.confirmations import confirm_requests, pace_of_confirmations
from bench.forms import PETITION, filled_in_forms
from bench.load import Load, get, requests_a_second
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
PAGE = "petition_page"
# A page that names signers and letters is longer; the limit is a constant one of its length.
PAGE_LIMIT = "constant_page"
SHARE = "petition_page ÷ constant_page"

# How many a second, by what is asked.
Paces = Mapping[str, Callable[[], float]]
# With none, and with them.
Pair = tuple[float, float]


def measure_at_ten_million() -> dict[str, Figure]:
    url = _make_filled()
    public = as_web()
    with (
        web_server(**public) as empty,
        web_server(**public, DATABASE_URL=url) as filled,
        bare_views(public, beside=empty) as small,
        bare_views(public, beside=filled) as large,
    ):
        without = _paces(empty, DEFAULT_DB_ALIAS, small)
        with_them = _paces(filled, FILLED, large)
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


def _paces(port: int, database: str, constant_page: int) -> Paces:
    forms = filled_in_forms(port)
    petition = Petition.objects.using(database).get(number=1)
    confirmations = confirm_requests(
        petition, rounds=1 + ROUNDS, a_round=CONFIRMATIONS, database=database
    )
    return {
        "sign_request": lambda: _pace(port, Load(forms, b"200")),
        "confirmation": lambda: pace_of_confirmations(
            port, confirmations.pop(), b"200", seconds=SECONDS
        ),
        PAGE: lambda: _pace(port, Load([get(PETITION)], b"200")),
        PAGE_LIMIT: lambda: _pace(constant_page, Load([get("/page")], b"200")),
    }


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
    paces[SHARE] = _shares(paces[PAGE], paces[PAGE_LIMIT])
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
        digits = 2 if name == SHARE else 0
        print(f"{name:30}{empty:12,.{digits}f}{full:18,.{digits}f}{ratio:8.2f}", flush=True)
        figures |= {
            f"{name}s_per_second_filled": {
                "value": round(full, 1),
                "unit": f"a second, with {SIGNATURES}",
            },
            f"{name}_filled_ratio": {
                "value": round(ratio, 3),
                "unit": f"of the empty database's, goal {GOAL}",
            },
        }
    return figures
