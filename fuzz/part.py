"""One role attacked by one way: `python -m fuzz.part`, in a process that has that role."""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import django

django.setup()

from django.core.signals import got_request_exception  # noqa: E402 - needs the settings

from fuzz.addresses import all_addresses  # noqa: E402 - needs the settings
from fuzz.by_socket import Line, NoAnswer, line  # noqa: E402 - likewise
from fuzz.by_wsgi import ask as ask_application  # noqa: E402 - likewise
from fuzz.judging import Answer, faults, is_deliberate, is_the_servers_own  # noqa: E402 - likewise
from fuzz.requests import Request, Site, numbered_request  # noqa: E402 - likewise

# As many as a server works on at once; more would only be sent away.
LINES = 4
# More are not shown.
FAILURES = 50

Asker = Callable[[Request], Answer]


@dataclass
class Report:
    statuses: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    failed: int = 0
    seconds: float = 0.0


def main(words: list[str]) -> None:
    options = _options(words)
    site = Site(all_addresses(), options.host, live=json.loads(options.live.read_text()))
    numbers = range(options.first, options.end)
    if options.show:
        got_request_exception.connect(_show_where_it_breaks)
    began = time.monotonic()
    report = (
        _by_sockets(site, options, numbers) if options.port else _by_wsgi(site, options, numbers)
    )
    report.seconds = time.monotonic() - began
    print(json.dumps(vars(report)))


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--live", type=Path, required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--end", type=int, required=True)
    parser.add_argument("--port", type=int, default=0, help="of the server; 0 asks by WSGI")
    parser.add_argument("--show", action="store_true", help="print requests and answers")
    return parser.parse_args(words)


def _by_wsgi(site: Site, options: argparse.Namespace, numbers: Iterable[int]) -> Report:
    from campaign.wsgi import application  # noqa: PLC0415 - by sockets it is the server's

    report = Report()
    _attack(
        site, options, numbers, lambda request: ask_application(application, request, site), report
    )
    return report


def _by_sockets(site: Site, options: argparse.Namespace, numbers: range) -> Report:
    report = Report()

    def attack(share: range) -> None:
        with line(options.port) as opened:
            _attack(site, options, share, _over(opened), report)

    with ThreadPoolExecutor(LINES) as threads:
        for done in [threads.submit(attack, numbers[start::LINES]) for start in range(LINES)]:
            done.result()
    return report


def _over(opened: Line) -> Asker:
    return opened.ask


_lock = threading.Lock()


def _attack(
    site: Site, options: argparse.Namespace, numbers: Iterable[int], ask: Asker, report: Report
) -> None:
    for number in numbers:
        request = numbered_request(site, seed=options.seed, number=number)
        try:
            answer = ask(request)
        except NoAnswer as error:
            kind, wrong = "no answer", [str(error)]
        except Exception as error:  # noqa: BLE001 - whatever the site lets out is what is looked for
            kind, wrong = "no answer", [f"{type(error).__name__}: {error}"]
        else:
            kind, wrong = _kind(answer), faults(request, answer, site)
            if options.show:
                _show(request, answer)
        with _lock:
            report.statuses[kind] += 1
            report.failed += bool(wrong)
            if wrong and len(report.failures) < FAILURES:
                report.failures.append(f"{number}: {'; '.join(wrong)}: {request.line[:160]}")


def _kind(answer: Answer) -> str:
    if is_the_servers_own(answer):
        return f"{answer.status} (granian)"
    return f"{answer.status} (meant)" if is_deliberate(answer) else str(answer.status)


def _show_where_it_breaks(**_: object) -> None:
    traceback.print_exc()


def _show(request: Request, answer: Answer) -> None:
    print(request, file=sys.stderr)
    print(
        answer.status,
        *answer.headers,
        answer.body.decode(errors="replace"),
        sep="\n",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
