"""`manage.py fill` leaves a database as the site would have it, or as it was."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count

from local import filling
from local.management.commands.fill import Command
from petitions.models import Batch, DayFigure, Delivery, Signature, Tally
from tests.makers import make_petition

pytestmark = pytest.mark.django_db(transaction=True)


def fill(rows, **options):
    out = StringIO()
    call_command(Command(), signatures=rows, stdout=out, **options)
    return out.getvalue()


def schema():
    """What stands guard over signatures, as PostgreSQL says it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid), conname, convalidated FROM pg_constraint"
            " WHERE conrelid = 'petitions_signature'::regclass"
            "    OR confrelid = 'petitions_signature'::regclass"
            " UNION ALL SELECT indexdef, indexname, true FROM pg_indexes"
            " WHERE tablename = 'petitions_signature' ORDER BY 2, 1"
        )
        return cursor.fetchall()


def test_it_fills_as_the_site_would_have_it(keys):
    petitions = [make_petition(number) for number in (1, 2, 3)]
    before = schema()
    assert len(before) > 20

    said = fill(3000)

    assert schema() == before
    assert "3,000 signatures in" in said
    by_petition = dict(Signature.objects.order_by().values_list("petition").annotate(Count("pk")))
    assert set(by_petition) == {petition.pk for petition in petitions}
    assert sum(by_petition.values()) == 3000
    assert Tally.objects.by_petition() == by_petition
    batches = Batch.objects.annotate(found=Count("signatures"))
    assert {each.size == each.found > 0 for each in batches} == {True}
    assert Signature.objects.not_in_batch().count() == 100
    assert Signature.objects.filter(alike=True).exists()
    assert DayFigure.objects.filter(by="all").exists()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    for signature in Signature.objects.select_related("batch")[:500]:
        signature.full_clean(exclude=["consent_version"])
        assert signature.batch is None or signature.batch.petition_id == signature.petition_id
        assert signature.batch is None or signature.batch.closed_at > signature.confirmed_hour


def test_it_adds_to_what_is_there_only_if_asked(keys):
    make_petition()
    fill(60)
    with pytest.raises(CommandError, match="There are signatures already: --more adds to them"):
        fill(60)
    assert Signature.objects.count() == 60

    fill(60, more=True)

    assert Signature.objects.count() == 120
    assert sum(Tally.objects.by_petition().values()) == 120


@pytest.mark.parametrize(
    ("rows", "words"),
    [(29, "Fewer than 30 signatures"), (60, "There is no petition to sign")],
)
def test_it_says_why_it_does_not(keys, rows, words):
    with pytest.raises(CommandError, match=words):
        fill(rows)


def test_a_disk_that_is_too_small_is_seen_first(keys):
    make_petition()
    assert filling.free_bytes() > 0

    with pytest.raises(CommandError, match=r"It takes [\d,.]+ GB of disk, and PostgreSQL has"):
        fill(10**12)
    assert not Batch.objects.exists()


def test_what_fails_on_the_way_leaves_all_as_it_was(keys):
    make_petition()
    before = schema()

    def break_off(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        filling.fill(60, tell=break_off)

    assert schema() == before
    assert not Signature.objects.exists()
    assert not Batch.objects.exists()
