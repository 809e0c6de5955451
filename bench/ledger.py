"""The public log with a million leaves: publishing them, and what is read from its tiles."""

from __future__ import annotations

import random
import resource
import statistics
import time
from collections.abc import Callable

from django.db import connection, transaction

from bench.compare import Figure
from five_asks_verify.merkle import leaf_hash, root_of
from petitions.ledger.publish import enough_waits, publish
from petitions.ledger.tree import stored_tree
from petitions.models import Head, Petition

ROWS = 1_000_000
AN_HOUR = 2_000
PROOFS = 200
MB = 1024

_SIGNATURES = """
    INSERT INTO petitions_signature (id, petition_id, index, country, visibility, public_name,
        language, consent_version, confirmed_hour, quarantined)
    SELECT gen_random_uuid(), %s, uuid_send(gen_random_uuid()), 'LT', 'withheld', '', 'en',
        '2026-11-23', date_trunc('hour', now()), false
    FROM generate_series(1, %s)
"""


def measure_ledger() -> dict[str, Figure]:
    """A first publication of a million, then one of an hour on a busy day, then proofs.

    The limit is the tree alone: the same hashes in memory, nothing stored.
    """
    petition = Petition.objects.get(number=1)
    _sign(petition, ROWS)
    waiting = _milliseconds(lambda: enough_waits(petition))
    tree_alone = _seconds(lambda: root_of(leaf_hash(n.to_bytes(32)) for n in range(ROWS)))
    seconds = _seconds(lambda: publish(petition))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MB
    _sign(petition, AN_HOUR)
    nothing = _milliseconds(lambda: enough_waits(petition))
    hourly = _seconds(lambda: publish(petition))
    head = Head.objects.get(log__petition=petition, size=ROWS + AN_HOUR)
    figures = {
        "ledger": (ROWS / seconds, "leaves/s"),
        "ledger_tree_alone": (ROWS / tree_alone, "leaves/s"),
        "ledger_ratio": (tree_alone / seconds, ""),
        "ledger_memory": (memory, "MB"),
        "ledger_first_look": (waiting, "ms"),
        "ledger_hourly_look": (nothing, "ms"),
        "ledger_hour": (hourly * 1000, f"ms for {AN_HOUR:,} leaves"),
        **_proofs(head),
    }
    for name, (value, unit) in figures.items():
        print(f"{name:28}{value:14,.2f} {unit}", flush=True)
    return {
        name: {"value": round(value, 2), "unit": unit} for name, (value, unit) in figures.items()
    }


def _proofs(head: Head) -> dict[str, tuple[float, str]]:
    tree = stored_tree(head.log, head.size)
    places = random.sample(range(head.size), PROOFS)
    return {
        "ledger_root": (_milliseconds(tree.root), "ms"),
        "ledger_inclusion_proof": (
            statistics.median(
                _milliseconds(lambda place=place: tree.inclusion_proof(place)) for place in places
            ),
            "ms",
        ),
        "ledger_consistency_proof": (
            statistics.median(
                _milliseconds(lambda place=place: tree.consistency_proof(place)) for place in places
            ),
            "ms",
        ),
    }


@transaction.atomic
def _sign(petition: Petition, count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SIGNATURES, [petition.pk, count])
        cursor.execute("ANALYZE petitions_signature")


def _seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _milliseconds(do: Callable[[], object]) -> float:
    return _seconds(do) * 1000
