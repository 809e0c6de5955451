"""The benchmarks: `make bench`. Each figure stands beside its limit, measured in the same run.

Machines are shared and noisy: site and limit take turns, and of each the median counts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.admin import measure_admin
from bench.at_ten_million import measure_at_ten_million
from bench.bare import bare_views
from bench.browser import NoBrowser
from bench.compare import Figure, compare
from bench.confirmations import measure_confirmations
from bench.exports import measure_a_million, measure_export
from bench.files import measure_files
from bench.forms import PETITION, filled_in_forms
from bench.half import measure_half, measure_memory
from bench.ledger import measure_ledger
from bench.letters import measure_letters
from bench.lighthouse import measure_lighthouse
from bench.load import Load, get, post, requests_a_second
from bench.pages import measure_first_loads
from bench.partitions import measure_partitions
from bench.prepare import prepare
from bench.server import web_server
from bench.vaults import as_web
from local.node_tools import NoNodeTools

SECONDS = 3.0
ROOT = Path(__file__).resolve().parent.parent


def main(names: Sequence[str]) -> None:
    """Measure the parts that are named, or all but the longest."""
    unknown = set(names) - set(PARTS)
    if unknown:
        sys.exit(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(PARTS)}.")
    prepare()
    figures: dict[str, Figure] = {}
    for name in names or [part for part in PARTS if part not in BY_NAME_ONLY]:
        try:
            figures |= PARTS[name]()
        except (NoBrowser, NoNodeTools) as missing:
            print(f"\nNOT MEASURED: {name}: {missing}")
    path = ROOT / "var" / "bench.json"
    path.write_text(json.dumps(figures, indent=2) + "\n")


def measure_web() -> dict[str, Figure]:
    """The public role, with the keys that it may have, against bare views of the same server."""
    public = as_web()
    with web_server(**public) as site, bare_views(public, beside=site) as limits:
        return {
            **compare(
                "sign_request",
                "requests/s",
                _load(site, Load(filled_in_forms(site), b"200")),
                _load(limits, Load([post("/sign", b"")], b"302")),
            ),
            **measure_confirmations(public),
            **compare(
                "petition_page",
                "pages/s",
                _load(site, Load([get(PETITION)], b"200")),
                _load(limits, Load([get("/page")], b"200")),
            ),
        }


def measure_pages() -> dict[str, Figure]:
    with web_server(MAILBOX_DIR="") as port:
        return measure_first_loads(port)


def measure_scores() -> dict[str, Figure]:
    with web_server(MAILBOX_DIR="") as port:
        return measure_lighthouse(port)


def measure_kills() -> dict[str, Figure]:
    """On servers of its own, which it restarts."""
    return _measure_apart("bench.kills", "askable") | _measure_apart("bench.kills", "mute")


def measure_viral() -> dict[str, Figure]:
    """On servers of its own, too."""
    return _measure_apart("bench.viral")


def _measure_apart(*words: str) -> dict[str, Figure]:
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-m", *words], stdout=subprocess.PIPE, check=True
    )
    # The commands that prepare the site have their say before.
    figures: dict[str, Figure] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _load(port: int, load: Load) -> Callable[[], float]:
    return lambda: requests_a_second(port, load, seconds=SECONDS)


PARTS: dict[str, Callable[[], dict[str, Figure]]] = {
    "web": measure_web,
    "half": measure_half,
    "memory": measure_memory,
    "export": measure_export,
    "export_million": measure_a_million,
    "letters": measure_letters,
    "files": measure_files,
    "admin": measure_admin,
    "ledger": measure_ledger,
    "kills": measure_kills,
    "viral": measure_viral,
    "pages": measure_pages,
    "lighthouse": measure_scores,
    "partitions": measure_partitions,
    "at_ten_million": measure_at_ten_million,
}
# They need gigabytes of disk, and time.
BY_NAME_ONLY = {"export_million", "partitions", "at_ten_million"}
