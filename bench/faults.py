"""Everything is broken, piece by piece: `make faults`, or `make faults ARGS="broker database"`.

Ends with 1 where anything that was acknowledged is lost, or came twice under another name; see
bench/fault_day.py.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bench.restartable import site

# Seconds that a silent mail server is waited for; a real relay's are 300.
PATIENCE = 30


def main(names: Sequence[str]) -> int:
    with site("faults", on_small_disk=True, RELAY_TIMEOUT=str(PATIENCE)) as (
        home,
        (postgres, valkey),
    ):
        # They need the servers.
        from bench.fault_day import live_through  # noqa: PLC0415
        from bench.fault_kinds import FAULTS  # noqa: PLC0415
        from bench.fault_report import losses, table, totals  # noqa: PLC0415

        if unknown := set(names) - set(FAULTS):
            sys.exit(f"No such fault: {', '.join(unknown)}. There are: {', '.join(FAULTS)}.")
        day = live_through(home, postgres, valkey, names)
        print(table(day))
        for fault in day.not_tried:
            print(f"NOT TRIED: {fault.words}: it takes root on Linux.")
        lost = losses(day)
        print(f"\n{totals(day)}\n{lost.words()}")
    return int(lost.any())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
