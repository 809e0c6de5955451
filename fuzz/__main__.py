"""`make fuzz`: a hundred thousand hostile requests to every role that answers, and a table.

make fuzz                                       all of it
make fuzz ARGS="--requests 2000 --seed mine"    others, or fewer
make fuzz ARGS="--replay web/sockets/4711"      one of them again, with its answer
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django

django.setup()

from bench.prepare import prepare  # noqa: E402 - needs the settings
from fuzz.grades import print_grades  # noqa: E402 - likewise
from fuzz.live import make_links  # noqa: E402 - likewise
from fuzz.servers import SITE_HOST, deployed, variables_of  # noqa: E402 - likewise
from fuzz.writing import more, unexpected, writes_so_far  # noqa: E402 - likewise
from petitions.models import SignRequest  # noqa: E402 - likewise
from petitions.models.sealed import Mailing  # noqa: E402 - likewise

REQUESTS = 100_000
SEED = "five asks"
# Sessions tell of what they wrote a second after they have fallen silent.
STATISTICS_SECONDS = 3


# Parts that run beside each other.
AT_ONCE = 4


@dataclass(frozen=True)
class Share:
    role: str
    way: str
    percent: int


# Most where everybody comes; a hundred in all.
SHARES = [
    Share("web", "sockets", 40),
    Share("web", "wsgi", 30),
    Share("organizer", "sockets", 10),
    Share("organizer", "wsgi", 12),
    Share("returns", "sockets", 4),
    Share("returns", "wsgi", 4),
]


def main(words: Sequence[str]) -> int:
    options = _options(words)
    prepare()
    with tempfile.TemporaryDirectory() as folder:
        live = Path(folder) / "live.json"
        live.write_text(json.dumps(make_links()))
        if options.replay:
            return _replay(options, live)
        print_grades()
        return _attack_all(options, live)


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--seed", default=SEED)
    parser.add_argument("--replay", metavar="ROLE/WAY/NUMBER")
    return parser.parse_args(words)


def _attack_all(options: argparse.Namespace, live: Path) -> int:
    before = writes_so_far()
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        parts = [threads.submit(_part, share, options, live) for share in SHARES]
        reports = [(share, part.result()) for share, part in zip(SHARES, parts, strict=True)]
    seconds = time.monotonic() - began
    _print_table(reports, seconds)
    time.sleep(STATISTICS_SECONDS)
    problems = [*_failures(reports, options), *unexpected(more(before, writes_so_far()))]
    problems += _bad_requests()
    for problem in problems:
        print(problem)
    print(f"\n{len(problems)} problems." if problems else "\nNo problem.")
    return bool(problems)


def _part(share: Share, options: argparse.Namespace, live: Path) -> dict[str, Any]:
    count = options.requests * share.percent // 100
    return _run(share, _seed(share, options), live, range(count))


def _run(share: Share, seed: str, live: Path, numbers: range, *more_words: str) -> dict[str, Any]:
    variables = variables_of(share.role)
    server = deployed(share.role, variables) if share.way == "sockets" else nullcontext(0)
    with server as port:
        done = subprocess.run(  # noqa: S603 - our own
            [
                *(sys.executable, "-m", "fuzz.part", "--host", SITE_HOST, "--live", str(live)),
                *("--seed", seed, "--port", str(port), *more_words),
                *("--first", str(numbers.start), "--end", str(numbers.stop)),
            ],
            env=os.environ | variables,
            stdout=subprocess.PIPE,
            check=True,
        )
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(
        f"{share.role} by {share.way}: {len(numbers)} requests, {report['failed']} failures",
        flush=True,
    )
    return report


def _seed(share: Share, options: argparse.Namespace) -> str:
    return f"{options.seed}/{share.role}/{share.way}"


def _replay(options: argparse.Namespace, live: Path) -> int:
    """In this order, since a process of ours shows where it breaks, and a server does not."""
    role, way, number = options.replay.split("/")
    only = range(int(number), int(number) + 1)
    seed = _seed(Share(role, way, 0), options)
    reports = [
        _run(Share(role, each, 0), seed, live, only, "--show")
        for each in dict.fromkeys(["wsgi", way])
    ]
    for report in reports:
        print(*report["failures"], sep="\n")
    return any(report["failed"] for report in reports)


def _print_table(reports: Sequence[tuple[Share, dict[str, Any]]], seconds: float) -> None:
    total: Counter[str] = Counter()
    print(
        f"\n{'role':<11}{'by':<9}{'requests':>9}{'a second':>10}{'failures':>10}  answers by status"
    )
    for share, report in reports:
        count = sum(report["statuses"].values())
        total.update(report["statuses"])
        pace = count / report["seconds"]
        row = f"{share.role:<11}{share.way:<9}{count:>9,}{pace:>10.0f}{report['failed']:>10}"
        print(f"{row}  {_statuses(report['statuses'])}")
    count, failed = sum(total.values()), sum(report["failed"] for _, report in reports)
    print(f"{'all':<20}{count:>9,}{count / seconds:>10.0f}{failed:>10}  {_statuses(total)}\n")


def _statuses(counts: dict[str, int]) -> str:
    return ", ".join(f"{status}: {count:,}" for status, count in sorted(counts.items()))


def _failures(
    reports: Sequence[tuple[Share, dict[str, Any]]], options: argparse.Namespace
) -> Iterator[str]:
    for share, report in reports:
        for failure in report["failures"]:
            number, _, what = failure.partition(": ")
            seed = "" if options.seed == SEED else f" --seed {options.seed!r}"
            again = f'make fuzz ARGS="--replay {share.role}/{share.way}/{number}{seed}"'
            yield f"FAILED {what}\n       {again}"


def _bad_requests() -> Iterator[str]:
    """Sign requests whose address a mail could not be sent to as it stands."""
    for each in SignRequest.objects.filter(mail_box__isnull=False):
        address = Mailing.open(bytes(each.mail_box or b""), request_id=each.id).address
        if not (address.isprintable() and address.isascii() and address.count("@") == 1):
            yield f"FAILED kept a sign request of {address!r}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
