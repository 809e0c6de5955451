"""The files of a batch of a hundred thousand signers: how long they take, in how much memory.

`measure_files` makes the batch; `python -m bench.files BATCH` opens it and makes its CSV and its
book as the deliverer does, in a process of its own, so that its memory is counted alone.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

import django
from django.utils import timezone

from bench.compare import Figure

SIGNERS = 100_000
MB = 1024  # ru_maxrss counts in KB


def measure_files() -> dict[str, Figure]:
    from bench.signatures import make_signatures  # noqa: PLC0415 - models need the set-up
    from petitions.delivery.batches import close_batch  # noqa: PLC0415 - likewise
    from petitions.models import Petition  # noqa: PLC0415 - likewise

    petition = Petition.objects.get(number=4)
    make_signatures(petition, SIGNERS)
    batch = close_batch(petition, now=timezone.now())
    assert batch is not None  # noqa: S101 - it has signatures
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-m", "bench.files", str(batch.pk)],
        stdout=subprocess.PIPE,
        check=True,
    )
    took = json.loads(done.stdout)
    print(
        f"\n{SIGNERS:,} signers: opened in {took['opening']:.1f} s, CSV and book made in"
        f" {took['making']:.1f} s: {took['size']:.1f} MB in {took['files']} files; at most"
        f" {took['own_memory']:.0f} MB in the worker, {took['typesetter_memory']:.0f} MB in the"
        " typesetter",
        flush=True,
    )
    return {
        "big_batch_files": {"value": round(took["opening"] + took["making"], 1), "unit": "s"},
        "big_batch_worker_memory": {"value": round(took["own_memory"]), "unit": "MB"},
        "big_batch_typesetter_memory": {"value": round(took["typesetter_memory"]), "unit": "MB"},
    }


def main(batch_id: str) -> None:
    django.setup()
    from petitions.delivery.content import open_batch  # noqa: PLC0415 - models need the set-up
    from petitions.delivery.files import make_files  # noqa: PLC0415 - likewise
    from petitions.models import Batch  # noqa: PLC0415 - likewise

    batch = Batch.objects.select_related("petition").get(pk=batch_id)
    began = time.perf_counter()
    content = open_batch(batch)
    opened = time.perf_counter()
    files = make_files(batch, content, first="LT")
    made = time.perf_counter()
    print(
        json.dumps(
            {
                "opening": opened - began,
                "making": made - opened,
                "size": files.size / 1e6,
                "files": len(files.all),
                "own_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MB,
                "typesetter_memory": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / MB,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
