"""Another log for a petition whose published leaves this database has not got.

What was published of the old one stays as far as it is here. Each signature gets a new leaf in the
new one, each batch a new entry, and letters that wait go out once they have it.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from petitions.ledger.memory import has_signed
from petitions.models import Batch, FileSet, Leaf, Log, LogEntry, Petition


@transaction.atomic
def begin_anew(petition: Petition, *, now: datetime) -> Log:
    """Begin it; nothing is published yet.

    The petition's row is locked: nobody publishes, closes a batch or holds signatures meanwhile.
    """
    petition = Petition.objects.select_for_update(no_key=True).get(pk=petition.pk)
    old = Log.objects.of(petition)
    LogEntry.objects.waiting().filter(log__petition=petition).delete()
    Leaf.objects.filter(signature__petition=petition).delete()
    log = _never_signed(petition, now=now)
    if old is not None:
        log.highest_batch = old.highest_batch
        log.save(update_fields=["highest_batch"])
    Batch.objects.filter(petition=petition).update(head=None, places="")
    # The receipts in them are of the old log.
    FileSet.objects.filter(batch__petition=petition).delete()
    return log


def _never_signed(petition: Petition, *, now: datetime) -> Log:
    """An old backup does not know how many logs there were: their numbers are not given again."""
    log = Log.objects.begin(petition, now=now)
    while has_signed(log):
        log.delete()
        log = Log.objects.begin(petition, now=now)
    return log
