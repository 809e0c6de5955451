"""A worst day, on servers of its own.

`python -m bench.kills askable` runs one with a relay that can be asked about a Message-ID,
`python -m bench.kills mute` one with a relay that can't; see bench/worst_day.py.
"""

from __future__ import annotations

import json
import sys

from bench.restartable import site

# Seconds that a silent mail server is waited for; a real relay's are 300.
PATIENCE = 3


def main(relay: str) -> None:
    variables = {"RELAY_TIMEOUT": str(PATIENCE)}
    if relay == "mute":
        variables["RELAY_URL"] = ""
    with site("kills", **variables) as (home, restartable):
        from bench.worst_day import live_through  # noqa: PLC0415 - it needs the servers

        outcome = live_through(home, restartable)
    print(outcome.words(relay), file=sys.stderr, flush=True)
    print(json.dumps(outcome.figures(relay)))


if __name__ == "__main__":
    main(*sys.argv[1:])
