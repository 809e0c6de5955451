"""Exports: rows a second beside a bare loop on the same cores, and a million rows in how much memory.

`python -m bench.exports open VAULT SOCKET` is one core of the bare loop, `… fill PETITION COUNT` one
core that makes signatures, `… make` a worker that makes what was ordered.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

import django
import psutil

from bench.compare import ROUNDS, Figure, compare

# So many that starting the processes, which the goal of a million rows does not see, weighs little.
ROWS = 60_000
# Fewer for a first look: EXPORT_ROWS=100000 make bench ARGS=export_million
MANY = int(os.environ.get("EXPORT_ROWS", "1000000"))
MB = 1024 * 1024
SECONDS_BETWEEN_LOOKS = 0.2
_THIS = [sys.executable, "-m", "bench.exports"]


def measure_export() -> dict[str, Figure]:
    """An export in each format, from the order to the last chunk in PostgreSQL, against processes that
    do nothing but open the same boxes, which already lie in their memory: as many as there are cores.
    """
    from bench.signatures import make_signatures  # noqa: PLC0415 - models need the set-up
    from petitions.models import Petition  # noqa: PLC0415 - likewise
    from petitions.models.export import Format  # noqa: PLC0415 - likewise

    petition = Petition.objects.get(number=1)
    figures: dict[str, Figure] = {}
    with _bare_loop(_shares(make_signatures(petition, ROWS))) as lines:
        for kind in Format:
            figures |= compare(
                "export" if kind == Format.CSV else f"export_{kind}",
                "rows/s",
                partial(_pace_of_export, petition.pk, kind),
                partial(_pace_of_bare_loop, lines),
            )
    return figures


def measure_a_million() -> dict[str, Figure]:
    """In each format: how long a worker takes, beside the bare loop's pace for a while before and after
    it, and what it and its processes need above idle.
    """
    from petitions.models import Petition, Signature  # noqa: PLC0415 - models need the set-up
    from petitions.models.export import Format  # noqa: PLC0415 - likewise

    petition = Petition.objects.get(number=5)
    _fill(petition.pk)
    figures: dict[str, Figure] = {}
    print(f"\n{MANY:,} rows", flush=True)
    some = Signature.objects.filter(petition=petition)[:ROWS]
    for kind in Format:
        with _bare_loop(_shares(some)) as lines:
            bare = [_pace_of_bare_loop(lines) for _ in range(ROUNDS)]
            export = _order(petition.pk, kind)
            seconds, above_idle = _made_by_a_worker()
            bare += [_pace_of_bare_loop(lines) for _ in range(ROUNDS)]
        export.refresh_from_db()
        assert export.rows_done == MANY, export.get_state_display()  # noqa: S101 - or nothing was measured
        pace = MANY / seconds
        ratio = pace / statistics.mean(bare)
        print(
            f"{kind:10}{seconds:8.0f} s{pace:10,.0f} rows/s{ratio:8.2f} of the bare loop"
            f"{above_idle:8.0f} MB above idle{export.size / 1e6:10,.0f} MB file",
            flush=True,
        )
        figures |= {
            f"export_million_{kind}": {"value": round(pace), "unit": "rows/s"},
            f"export_million_{kind}_ratio": {"value": round(ratio, 2), "unit": ""},
            f"export_million_{kind}_memory": {"value": round(above_idle), "unit": "MB above idle"},
        }
        export.delete()
    return figures


# --- An export


def _order(petition_id: int, kind: str):  # noqa: ANN202 - a model, which needs the set-up
    from django.contrib.auth.models import User  # noqa: PLC0415 - models need the set-up

    from petitions.exports.columns import RULES  # noqa: PLC0415 - likewise
    from petitions.exports.orders import Order, order  # noqa: PLC0415 - likewise
    from petitions.exports.selection import Selection  # noqa: PLC0415 - likewise
    from petitions.models.export import Format, Use  # noqa: PLC0415 - likewise

    user, _ = User.objects.get_or_create(username="bench")
    everything = Order(
        Use.DELIVER,
        Format(kind),
        RULES[Use.DELIVER].columns,
        Selection(petitions=(petition_id,)),
        "To see how long it takes",
    )
    return order(everything, by=user)


def _pace_of_export(petition_id: int, kind: str) -> float:
    from petitions.exports.make import make_exports  # noqa: PLC0415 - models need the set-up

    export = _order(petition_id, kind)
    began = time.perf_counter()
    made = make_exports()
    seconds = time.perf_counter() - began
    assert made == 1  # noqa: S101 - or nothing was measured
    export.delete()
    return ROWS / seconds


# --- The bare loop


@contextmanager
def _bare_loop(shares: list[list[tuple[bytes, str]]]) -> Iterator[list[Connection]]:
    """A process for each share, which holds its boxes."""
    from petitions.vault import vault  # noqa: PLC0415 - its place needs the set-up

    pairs = [Pipe() for _ in shares]
    for _ours, theirs in pairs:
        subprocess.Popen(  # noqa: S603 - our own
            [*_THIS, "open", str(vault().directory), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
    lines = [ours for ours, _theirs in pairs]
    for line, share in zip(lines, shares, strict=True):
        line.send(share)
    for line in lines:
        line.recv()
    yield lines
    for line in lines:
        line.close()


def _shares(signatures: Iterable[Any]) -> list[list[tuple[bytes, str]]]:
    """Boxes and what they are bound to, as many shares as cores."""
    from petitions.exports.openers import cores  # noqa: PLC0415 - models need the set-up

    boxes = [
        (bytes(each.sig_box), f"petition {each.petition_id}, signature {each.pk}")
        for each in signatures
    ]
    return [boxes[each :: cores()] for each in range(cores())]


def _pace_of_bare_loop(lines: list[Connection]) -> float:
    began = time.perf_counter()
    for line in lines:
        line.send("open them")
    for line in lines:
        line.recv()
    return ROWS / (time.perf_counter() - began)


def open_boxes(vault_dir: str, socket: str) -> None:
    from petitions.vault import Purpose, Vault  # noqa: PLC0415 - the others need more

    line, keys = Connection(int(socket)), Vault(Path(vault_dir))
    boxes = line.recv()
    line.send("ready")
    try:
        while line.recv():
            for box, context in boxes:
                keys.open(Purpose.SIGNATURE, box, context=context)
            line.send("done")
    except EOFError:
        return


# --- A million


def _fill(petition_id: int) -> None:
    """On all cores, since sealing takes most of the time."""
    from petitions.exports.openers import cores  # noqa: PLC0415 - models need the set-up

    shares = [MANY // cores()] * (cores() - 1)
    shares.append(MANY - sum(shares))
    fillers = [
        subprocess.Popen(  # noqa: S603 - our own
            [*_THIS, "fill", str(petition_id), str(share)]
        )
        for share in shares
    ]
    assert not any(filler.wait() for filler in fillers)  # noqa: S101 - or there is nothing to measure


def fill(petition_id: str, count: str) -> None:
    django.setup()
    from bench.signatures import make_signatures  # noqa: PLC0415 - models need the set-up
    from petitions.models import Petition  # noqa: PLC0415 - likewise

    make_signatures(Petition.objects.get(pk=petition_id), int(count))


def _made_by_a_worker() -> tuple[float, float]:
    """Seconds, and the most memory (MB) that a worker and its processes had above its idle state.

    It is counted in proportion (PSS): what two of them share counts once.
    """
    worker = subprocess.Popen(  # noqa: S603 - our own
        [*_THIS, "make"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdin and worker.stdout  # noqa: S101, PT018 - they were asked for
    worker.stdout.readline()
    idle = _memory(worker.pid)
    worker.stdin.write("make it\n")
    worker.stdin.close()
    most = idle
    while worker.poll() is None:
        most = max(most, _memory(worker.pid))
        time.sleep(SECONDS_BETWEEN_LOOKS)
    took = json.loads(worker.stdout.read().splitlines()[-1])
    return took["seconds"], most - idle


def _memory(pid: int) -> float:
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    return sum(map(_pss, family))


def _pss(process: psutil.Process) -> float:
    try:
        share: int = process.memory_full_info().pss
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return 0.0
    return share / MB


def make() -> None:
    """What a worker does at a tick, which comes by its standard input."""
    django.setup()
    from petitions import tasks  # noqa: PLC0415 - models need the set-up
    from petitions.models import Export  # noqa: PLC0415 - likewise

    Export.objects.exists()
    print("idle", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    tasks.make_exports()
    print(json.dumps({"seconds": time.perf_counter() - began}), flush=True)


if __name__ == "__main__":
    {"open": open_boxes, "fill": fill, "make": make}[sys.argv[1]](*sys.argv[2:])
