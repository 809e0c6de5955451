"""Who changes the audit trail behind the site's back is found out."""

from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction

from petitions.models import AuditEntry

ENTRIES = 5


@pytest.fixture
def trail(db):
    """Five entries, and the last link as somebody noted it."""
    olga = User.objects.create_superuser("olga")
    for number in range(ENTRIES):
        AuditEntry.objects.record(
            user=olga, action=AuditEntry.Action.EXPORT, count=number, reason=f"Оборона № {number}"
        )
    return AuditEntry.objects.last_link().hex()


def verify(*options):
    said = StringIO()
    call_command("verify_audit", *options, stdout=said)
    return said.getvalue()


def behind_the_sites_back(statement):
    """As somebody does who owns the database."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no triggers
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_an_empty_trail_is_whole(db):
    assert verify().startswith("The audit trail is whole: 0 entries.\n")


def test_a_whole_trail_says_how_long_it_is_and_its_last_link(trail):
    assert verify("--noted", trail) == (
        f"The audit trail is whole: {ENTRIES} entries.\nLast link: {trail}\n"
    )


def test_it_stays_whole_when_it_goes_on(trail):
    AuditEntry.objects.record(user=None, action=AuditEntry.Action.APPROVE, count=1)

    assert f"{ENTRIES + 1} entries" in verify("--noted", trail)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE petitions_auditentry SET count = 20 WHERE count = 2",
        "UPDATE petitions_auditentry SET reason = '' WHERE count = 2",
        "UPDATE petitions_auditentry SET selection = 'x' WHERE count = 2",
        "UPDATE petitions_auditentry SET action = 'read' WHERE count = 2",
        "UPDATE petitions_auditentry SET user_id = NULL WHERE count = 2",
        "UPDATE petitions_auditentry SET at = at + interval '1 microsecond' WHERE count = 2",
        "UPDATE petitions_auditentry SET link = decode(repeat('00', 32), 'hex') WHERE count = 2",
        "DELETE FROM petitions_auditentry WHERE count = 2",
    ],
)
def test_what_was_changed_or_removed_in_the_middle_is_found(trail, change):
    behind_the_sites_back(change)

    with pytest.raises(CommandError, match="broken at entry"):
        verify()


def test_an_end_that_was_cut_off_is_found_by_the_noted_link(trail):
    behind_the_sites_back("DELETE FROM petitions_auditentry WHERE count >= 3")

    assert "whole: 3 entries" in verify()
    with pytest.raises(CommandError, match="no entry with the link that you noted"):
        verify("--noted", trail)


@pytest.mark.parametrize("noted", ["abc", "zz" * 32, "00" * 31])
def test_a_link_that_was_noted_wrong_is_told(trail, noted):
    with pytest.raises(CommandError, match="64 hexadecimal digits"):
        verify("--noted", noted)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE petitions_auditentry SET count = 0", "DELETE FROM petitions_auditentry"],
)
def test_the_database_itself_refuses_what_the_site_never_does(trail, statement):
    with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
        connection.cursor().execute(statement)

    assert AuditEntry.objects.count() == ENTRIES


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_chain():
    def record(number):
        try:
            AuditEntry.objects.record(user=None, action=AuditEntry.Action.READ, count=number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(record, range(40)))

    assert "whole: 40 entries" in verify()
