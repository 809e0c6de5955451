"""How long a sign request takes at half of the top rate, and how much memory a web worker then has."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.compare import ROUNDS, Figure
from bench.forms import PETITION, filled_in_forms
from bench.load import Load, WrongAnswer, get, post, requests_a_second
from bench.open_loop import Answer, Due, ask, evenly
from bench.server import WebServer, web_processes, web_server, workers_of
from bench.vaults import as_web

SECONDS = 5.0
GOAL_MS = 50
GOAL_MB = 90
BARE = {"DJANGO_SETTINGS_MODULE": "bench.settings"}


# --- Milliseconds


@dataclass
class _Side:
    """One server, what it is asked, and the milliseconds that it took."""

    port: int
    load: Load
    milliseconds: list[float] = field(default_factory=list)

    def top_rate(self) -> float:
        return requests_a_second(self.port, self.load, seconds=SECONDS)

    def ask_at(self, rate: float) -> None:
        requests = itertools.cycle(self.load.requests)
        ask(self.port, evenly(requests, rate=rate, seconds=SECONDS), self._take)

    def _take(self, _due: Due, answer: Answer) -> None:
        if str(answer.status).encode() != self.load.status:
            raise WrongAnswer(answer.words())
        self.milliseconds.append(1000 * answer.seconds)


def measure_half() -> dict[str, Figure]:
    """Site and limit in turns, both at half of the site's top rate; all rounds count together."""
    public = as_web()
    with web_server(**public) as site_port, web_server(**public, **BARE) as limit_port:
        site = _Side(site_port, Load(filled_in_forms(site_port), b"200"))
        limit = _Side(limit_port, Load([post("/sign", b"")], b"302"))
        rates = []
        for _ in range(ROUNDS):
            rates.append(site.top_rate() / 2)
            site.ask_at(rates[-1])
            limit.ask_at(rates[-1])
    return _report(site.milliseconds, limit.milliseconds, rate=statistics.median(rates))


def _report(site: Sequence[float], limit: Sequence[float], *, rate: float) -> dict[str, Figure]:
    print(f"\n{'at half of the top rate':28}{'p50, ms':>10}{'p99, ms':>10}{'worst':>10}")
    for name, taken in {"sign requests": site, "limit: the bare view": limit}.items():
        print(f"{name:28}{_p50(taken):10.1f}{_p99(taken):10.1f}{max(taken):10.1f}")
    print(f"{rate:.0f} a second, {len(site)} each; goal: p99 below {GOAL_MS} ms", flush=True)
    return {
        "half_rate_per_second": {"value": round(rate, 1), "unit": "requests/s"},
        "half_rate_p50_ms": {"value": round(_p50(site), 1), "unit": "ms"},
        "half_rate_p99_ms": {"value": round(_p99(site), 1), "unit": f"ms, goal below {GOAL_MS}"},
        "half_rate_p50_ms_limit": {"value": round(_p50(limit), 1), "unit": "ms"},
        "half_rate_p99_ms_limit": {"value": round(_p99(limit), 1), "unit": "ms"},
    }


def _p50(taken: Sequence[float]) -> float:
    return statistics.median(taken)


def _p99(taken: Sequence[float]) -> float:
    return statistics.quantiles(taken, n=100)[98]


# --- Megabytes


def measure_memory() -> dict[str, Figure]:
    """One server after the other: libraries that both have open would count half for each."""
    public = as_web()
    with web_processes(**public) as site:
        requests = [*filled_in_forms(site.port), *[get(PETITION)] * 100]
        ours = _megabytes_after(site, Load(requests, b"200"))
    with web_processes(**public, **BARE) as bare:
        limits = _megabytes_after(bare, Load([post("/sign", b"")], b"302"))
    print(f"\n{'a web worker after load':28}{ours:10.1f} MB, goal below {GOAL_MB}")
    print(f"{'limit: the bare view':28}{limits:10.1f} MB", flush=True)
    return {
        "web_worker_pss_mb": {"value": round(ours, 1), "unit": f"MB, goal below {GOAL_MB}"},
        "web_worker_pss_mb_limit": {"value": round(limits, 1), "unit": "MB"},
    }


def _megabytes_after(server: WebServer, load: Load) -> float:
    """Of the largest worker."""
    requests_a_second(server.port, load, seconds=3 * SECONDS)
    return max(map(_pss, workers_of(server.pid))) / 1e6


def _pss(pid: int) -> int:
    """Bytes, of which those that processes share count in proportion: proc(5), smaps_rollup."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("Pss:"))
    return 1024 * int(line.split()[1])
