"""What people had erased is kept outside of the database, and tells nobody more than that."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from petitions.models import Signature, Tombstone
from petitions.signatures.journal import keep_journal
from petitions.signatures.replay import NotAList
from petitions.signatures.withdraw import withdraw
from petitions.tasks import keep_journal as tick
from tests.makers import make_petition

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def journal() -> Path:
    return Path(settings.LEDGER_MEMORY_DIR) / "erased"


def rows() -> list[str]:
    return [line.split()[2] for line in journal().read_text().splitlines()]


def test_who_leaves_is_in_it_with_the_next_tick(sign):
    token, _offers = sign(make_petition(), make_petition(2))
    ids = {str(each.pk) for each in Signature.objects.all()}
    withdraw(token, now=NOW)

    tick()

    assert set(rows()) == ids
    assert journal().stat().st_mode & 0o777 == 0o600


def test_its_order_tells_not_whose_rows_they_are(sign):
    petitions = [make_petition(number) for number in range(1, 6)]
    for name in ("ann", "bob", "eve"):
        token, _offers = sign(*petitions, address=f"{name}@mail.example")
        withdraw(token, now=NOW)
        keep_journal(now=NOW)

    assert len(rows()) == 15
    assert rows() == sorted(rows())


def test_a_database_that_was_put_back_takes_no_line_away(sign):
    token, _offers = sign(make_petition())
    withdraw(token, now=NOW)
    keep_journal(now=NOW)
    before = journal().read_text()
    Tombstone.objects.all().delete()

    keep_journal(now=NOW)

    assert journal().read_text() == before


def test_a_line_goes_after_sixty_days(sign):
    token, _offers = sign(make_petition())
    withdraw(token, now=NOW)
    keep_journal(now=NOW)
    Tombstone.objects.all().delete()

    keep_journal(now=NOW + Tombstone.LIFE - timedelta(days=1))
    assert len(rows()) == 1

    keep_journal(now=NOW + Tombstone.LIFE)
    assert rows() == []


def test_what_is_no_journal_is_not_written_over(keys):
    journal().write_text("somebody's notes\n")

    with pytest.raises(NotAList):
        keep_journal(now=NOW)

    assert journal().read_text() == "somebody's notes\n"
