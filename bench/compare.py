"""Site and limit in turns: machines are shared and noisy, so of each the median counts."""

from __future__ import annotations

import statistics
from collections.abc import Callable

ROUNDS = 5

Figure = dict[str, float | str]


def compare(
    name: str, unit: str, site: Callable[[], float], limit: Callable[[], float]
) -> dict[str, Figure]:
    """Measure both in turns. The ratio is the median of each round's ratio."""
    print(f"\n{'':20}{'site':>10}{'limit':>10} {'':12}{'ratio':>6}")
    rounds = [(site(), limit()) for _ in range(ROUNDS)]
    ours = statistics.median(each for each, _ in rounds)
    limits = statistics.median(each for _, each in rounds)
    ratio = statistics.median(each / its_limit for each, its_limit in rounds)
    print(f"{name:20}{ours:10,.0f}{limits:10,.0f} {unit:12}{ratio:6.2f}", flush=True)
    things = f"{name.removesuffix('s')}s"
    return {
        f"{things}_per_second": {"value": round(ours, 1), "unit": unit},
        f"{things}_per_second_limit": {"value": round(limits, 1), "unit": unit},
        f"{name}_ratio": {"value": round(ratio, 3), "unit": "of the limit"},
    }
