"""The benchmarks: `make bench`. Each figure stands beside its limit, measured in the same run.

Machines are shared and noisy: site and limit take turns, and of each the median counts.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

from django.core.management import call_command

from bench.admin import measure_admin
from bench.browser import NoBrowser
from bench.compare import Figure, compare
from bench.confirmations import measure_confirmations
from bench.exports import measure_a_million, measure_export
from bench.files import measure_files
from bench.ledger import measure_ledger
from bench.letters import measure_letters
from bench.lighthouse import measure_lighthouse
from bench.load import Load, get, post, requests_a_second
from bench.pages import measure_first_loads
from bench.partitions import measure_partitions
from bench.server import HOST, web_server
from local.html_forms import read_page
from local.node_tools import NoNodeTools
from petitions.vault import vault
from petitions.web.traps import READING_SECONDS

SECONDS = 3.0
ROOT = Path(__file__).resolve().parent.parent
PETITION = "/en/petitions/special-rapporteur/"


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


def prepare() -> None:
    """An empty site with the five asks, as `make run` makes it."""
    call_command("vault", "generate", "--if-missing")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("load_campaign")


def measure_web() -> dict[str, Figure]:
    """The public role, with the keys that it may have, against bare views of the same server."""
    public = {"CAMPAIGN_ROLE": "web", "VAULT_DIR": str(_public_vault()), "MAILBOX_DIR": ""}
    with web_server(**public) as site, tempfile.NamedTemporaryFile() as page:
        page.write(_body_of(site, PETITION))
        page.flush()
        stamp = _stamp_on(site)
        # Faster forms are a robot's, and take another way.
        time.sleep(READING_SECONDS + 1)
        bare = {"DJANGO_SETTINGS_MODULE": "bench.settings", "BENCH_PAGE": page.name}
        with web_server(**public, **bare) as limits:
            return {
                **compare(
                    "sign_request",
                    "requests/s",
                    _load(site, Load(sign_requests(stamp), b"200")),
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
    figures: dict[str, Figure] = {}
    for relay in ("askable", "mute"):
        done = subprocess.run(  # noqa: S603 - our own
            [sys.executable, "-m", "bench.kills", relay], stdout=subprocess.PIPE, check=True
        )
        # The commands that prepare the site have their say before.
        figures |= json.loads(done.stdout.splitlines()[-1])
    return figures


def sign_requests(stamp: str) -> list[bytes]:
    """What supporters send: each has another address and a comment now and then."""
    return [
        post(
            PETITION,
            urlencode(
                {
                    "name": f"Supporter Number {number}x",
                    "email": f"supporter.{number}@mail{number % 7}.example",
                    "country": ["LT", "UA", "DE", "PL", "FR"][number % 5],
                    "postcode": f"{number:05}",
                    "comment": "Please act soon. " * (number % 3),
                    "visibility": "officials",
                    "stamp": stamp,
                }
            ).encode(),
        )
        for number in range(1000)
    ]


def _public_vault() -> Path:
    """What a public web server holds of the keys."""
    folder = Path(tempfile.mkdtemp())
    shutil.copytree(vault().directory / "public", folder / "public")
    return folder


def _load(port: int, load: Load) -> Callable[[], float]:
    return lambda: requests_a_second(port, load, seconds=SECONDS)


def _body_of(port: int, path: str) -> bytes:
    with urlopen(f"http://{HOST}:{port}{path}") as answer:
        body: bytes = answer.read()
        return body


def _stamp_on(port: int) -> str:
    """When the form was made, as the page has it signed."""
    page = read_page(_body_of(port, PETITION).decode(), address=f"http://{HOST}{PETITION}")
    form = page.form_with("stamp")
    assert form is not None  # noqa: S101 - the petition is open
    return form.fields["stamp"].values[0]


PARTS: dict[str, Callable[[], dict[str, Figure]]] = {
    "web": measure_web,
    "export": measure_export,
    "export_million": measure_a_million,
    "letters": measure_letters,
    "files": measure_files,
    "admin": measure_admin,
    "ledger": measure_ledger,
    "kills": measure_kills,
    "pages": measure_pages,
    "lighthouse": measure_scores,
    "partitions": measure_partitions,
}
# It needs some gigabytes of disk, and time.
BY_NAME_ONLY = {"export_million", "partitions"}
