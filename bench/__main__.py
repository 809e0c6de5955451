"""The benchmarks: `make bench`. Each figure stands beside its limit, measured in the same run.

Machines are shared and noisy: site and limit take turns, and of each the median counts.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - models need the set-up above
from django.db.models import QuerySet  # noqa: E402 - likewise

from bench.browser import NoBrowser  # noqa: E402 - likewise
from bench.lighthouse import measure_lighthouse  # noqa: E402 - likewise
from bench.load import Load, get, post, requests_a_second  # noqa: E402 - likewise
from bench.pages import measure_first_loads  # noqa: E402 - likewise
from bench.server import HOST, web_server  # noqa: E402 - likewise
from local.html_forms import read_page  # noqa: E402 - likewise
from local.node_tools import NoNodeTools  # noqa: E402 - likewise
from petitions.exports.signatures import export_lines  # noqa: E402 - likewise
from petitions.models import Petition, Signature, Visibility  # noqa: E402 - likewise
from petitions.models.clock import this_hour  # noqa: E402 - likewise
from petitions.models.sealed import Details, signature_context  # noqa: E402 - likewise
from petitions.vault import Purpose, vault  # noqa: E402 - likewise
from petitions.web.traps import READING_SECONDS  # noqa: E402 - likewise

ROUNDS = 5
SECONDS = 3.0
EXPORT_ROWS = 5_000
ROOT = Path(__file__).resolve().parent.parent
PETITION = "/en/petitions/special-rapporteur/"

Figure = dict[str, float | str]


def main(names: Sequence[str]) -> None:
    """Measure the parts that are named, or all."""
    unknown = set(names) - set(PARTS)
    if unknown:
        sys.exit(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(PARTS)}.")
    prepare()
    figures: dict[str, Figure] = {}
    for name in names or PARTS:
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


def compare(
    name: str, unit: str, site: Callable[[], float], limit: Callable[[], float]
) -> dict[str, Figure]:
    """Measure both in turns. The ratio is the median of each round's ratio."""
    print(f"\n{'':16}{'site':>10}{'limit':>10} {'':12}{'ratio':>6}")
    rounds = [(site(), limit()) for _ in range(ROUNDS)]
    ours = statistics.median(each for each, _ in rounds)
    limits = statistics.median(each for _, each in rounds)
    ratio = statistics.median(each / its_limit for each, its_limit in rounds)
    print(f"{name:16}{ours:10,.0f}{limits:10,.0f} {unit:12}{ratio:6.2f}", flush=True)
    return {
        f"{name}s_per_second": {"value": round(ours, 1), "unit": unit},
        f"{name}s_per_second_limit": {"value": round(limits, 1), "unit": unit},
        f"{name}_ratio": {"value": round(ratio, 3), "unit": "of the limit"},
    }


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


def measure_export() -> dict[str, Figure]:
    """An export against the vault opening the same boxes, which already lie in memory."""
    signatures = make_signatures(EXPORT_ROWS)
    boxes = [
        (bytes(box), signature_context(petition_id, reference))
        for box, petition_id, reference in signatures.values_list("sig_box", "petition_id", "id")
    ]
    return compare(
        "export",
        "rows/s",
        lambda: EXPORT_ROWS / _seconds(lambda: deque(export_lines(signatures), maxlen=0)),
        lambda: EXPORT_ROWS / _seconds(lambda: open_boxes(boxes)),
    )


def make_signatures(count: int) -> QuerySet[Signature]:
    petition = Petition.objects.get(number=1)
    rows = []
    for number in range(count):
        reference = uuid.uuid4()
        details = Details(name=f"Supporter {number}", comment="Please act soon. " * (number % 3))
        rows.append(
            Signature(
                id=reference,
                petition=petition,
                index=os.urandom(32),
                sig_box=details.seal(petition_id=petition.pk, signature_id=reference),
                country="LT",
                visibility=Visibility.OFFICIALS,
                language="en",
                consent_version="2026-11-23",
                confirmed_hour=this_hour(),
            )
        )
    Signature.objects.bulk_create(rows, batch_size=1000)
    return Signature.objects.all()


def open_boxes(boxes: list[tuple[bytes, str]]) -> None:
    keys = vault()
    for box, context in boxes:
        keys.open(Purpose.SIGNATURE, box, context=context)


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


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


PARTS: dict[str, Callable[[], dict[str, Figure]]] = {
    "web": measure_web,
    "export": measure_export,
    "pages": measure_pages,
    "lighthouse": measure_scores,
}

if __name__ == "__main__":
    main(sys.argv[1:])
