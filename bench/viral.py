"""A day that goes viral, on servers of its own: `python -m bench.viral`; see bench/viral_day.py."""

from __future__ import annotations

import json
import sys

from bench.restartable import site


def main() -> None:
    with site("viral") as (home, (postgres, valkey)):
        from bench.viral_day import live_through  # noqa: PLC0415 - it needs the servers

        outcome = live_through(home, postgres=postgres, valkey=valkey)
    print(outcome.words(), file=sys.stderr, flush=True)
    print(json.dumps(outcome.figures()))


if __name__ == "__main__":
    main()
