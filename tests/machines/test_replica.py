"""What reads much reads from a replica, never an older state than the one who asks has seen."""

import threading
import time

import pytest
from django.contrib.auth.models import User
from django.db import InternalError, connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from petitions.exports.columns import RULES
from petitions.exports.make import make_exports
from petitions.exports.orders import Order, order
from petitions.exports.selection import Selection
from petitions.exports.shelf import read
from petitions.models import Heartbeat, Signature
from petitions.models.export import Format, Use
from petitions.models.replica import newest_reader
from tests.machines.standby import as_replica, commit_durably, moved_to, standby
from tests.makers import make_petition, make_signature

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "replica"])


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), standby() as started, as_replica(started.folder):
        yield started


@pytest.fixture
def replica(server, db, keys):
    commit_durably()
    return server


@pytest.fixture
def olga(db):
    return User.objects.create_superuser("olga")


def first_page(olga) -> dict:
    client = Client()
    client.force_login(olga)
    return client.get(reverse("admin:index")).context


def export(olga) -> str:
    columns = tuple(RULES[Use.DELIVER].columns)
    made = order(Order(Use.DELIVER, Format.CSV, columns, Selection(), "For Geneva"), by=olga)
    assert make_exports() == 1
    made.refresh_from_db()
    return b"".join(read(made, start=0, end=made.size)).decode()


def test_it_is_a_replica_to_which_nothing_can_be_written(replica):
    make_petition()
    assert newest_reader(seconds=10) == "replica"

    with pytest.raises(InternalError, match="read-only"):
        Heartbeat.objects.using("replica").create(name="x", at="2026-11-29T00:00Z")


def test_the_first_page_counts_on_the_replica_what_was_stored_just_now(replica, olga, settings):
    settings.SECOND_FACTOR = "optional"
    petition = make_petition()
    for signed in (1, 2, 3):
        make_signature(petition)
        with (
            CaptureQueriesContext(connection) as primary,
            CaptureQueriesContext(connections["replica"]) as asked,
        ):
            page = first_page(olga)
        assert page["all"].total == signed
        assert page["standings"][0].waiting == signed
        tables = {"petitions_tally", "petitions_dayfigure", "petitions_newssubscriber"}
        assert all(any(table in each["sql"] for each in asked) for table in tables)
        assert not any(table in each["sql"] for each in primary for table in tables)


def test_an_export_reads_its_rows_from_the_replica(replica, olga):
    make_signature(make_petition(), name="Ann")
    before = reads_of_signatures()

    assert "Ann" in export(olga)

    assert reads_of_signatures() == before + 1, "the order counted; the file was read elsewhere"


def reads_of_signatures() -> int:
    """By the primary's own count."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT seq_scan + coalesce(idx_scan, 0) FROM pg_stat_user_tables"
            " WHERE relname = 'petitions_signature'"
        )
        (count,) = cursor.fetchone()
    return count


def test_an_export_waits_until_the_replica_knows_who_has_left(replica, olga):
    petition = make_petition()
    make_signature(petition, name="Ann")
    leaver = make_signature(petition, name="Bob")
    assert newest_reader(seconds=10) == "replica"

    with replica.frozen():
        Signature.objects.filter(pk=leaver.pk).delete()
        assert Signature.objects.using("replica").count() == 2, "it still shows who has left"
        soon = threading.Timer(1, replica_goes_on)
        soon.start()
        file = export(olga)
        soon.join()

    assert "Ann" in file
    assert "Bob" not in file


def replica_goes_on() -> None:
    connections["replica"].cursor().execute("SELECT pg_wal_replay_resume()")
    connections["replica"].close()


def test_a_replica_that_stays_behind_is_not_read(replica, caplog):
    with replica.frozen():
        make_petition()
        began = time.monotonic()
        assert newest_reader(seconds=0.3) == "default"
        assert 0.3 <= time.monotonic() - began < 5
    assert "too far behind" in caplog.text
    assert newest_reader(seconds=10) == "replica"


def test_a_replica_that_is_gone_or_none_is_not_read(replica, tmp_path, caplog):
    with moved_to(tmp_path):
        assert newest_reader(seconds=5) == "default"
    assert "can't be read: OperationalError" in caplog.text
    with moved_to(connections.databases["default"]["HOST"]):
        assert newest_reader(seconds=5) == "default", "it is the primary itself"
    assert newest_reader(seconds=5) == "replica"


def test_without_a_setting_there_is_none(replica, monkeypatch):
    monkeypatch.delitem(connections.databases, "replica")

    assert newest_reader(seconds=5) == "default"
