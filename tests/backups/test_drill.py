"""The drill: the database is lost, and comes back on another one, by the commands of a bad day."""

import subprocess
import sys
from contextlib import contextmanager

import pytest
from django.db import connection
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.ledger.anew import begin_anew
from petitions.ledger.publish import publish, publish_petition
from petitions.models import (
    Batch,
    NewsSubscriber,
    Petition,
    Signature,
    SignRequest,
    Tally,
    Visibility,
)
from petitions.models.clock import database_now
from petitions.signatures.journal import keep_journal
from petitions.signatures.withdraw import end_news, withdraw
from tests.ledger.replayed import replay
from tests.makers import make_office, make_petition
from tests.processes import ROOT

NOW = timezone.now()
SUPPORTERS = 30
# Names that are in the database in the clear stand for all of it; others are sealed there as well.
PUBLIC = "Calliope Everlasting"
SEALED = "Bassoon Hidden"


@pytest.fixture
def other(transactional_db):
    """The name of an empty database on the same server."""
    name = f"{connection.settings_dict['NAME']}_other"
    say(f'CREATE DATABASE "{name}"')
    yield name
    say(f'DROP DATABASE "{name}"')


def say(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def inside(name):
    """The tests' own queries go to another database meanwhile."""
    before = connection.settings_dict["NAME"]
    try:
        move_to(name)
        yield
    finally:
        move_to(before)


def move_to(name):
    connection.close()
    connection.close_pool()
    connection.settings_dict["NAME"] = name


def run(environment, *words, **changes):
    done = subprocess.run(
        [sys.executable, "manage.py", *map(str, words)],
        cwd=ROOT,
        env=environment | changes,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def sign_all(sign, petitions):
    """Thirty of them, each with a name of their own; their receipts' tokens."""
    return [
        sign(
            *petitions[: 1 + number % 2],
            address=f"bassoon.{number}@mail.example",
            name=f"{PUBLIC if number % 3 else SEALED} {number}",
            country=("LT", "PL", "UA")[number % 3],
            visibility=Visibility.PUBLIC if number % 3 else Visibility.OFFICIALS,
            news=number % 5 == 0,
        )
        for number in range(SUPPORTERS)
    ]


def test_who_signed_comes_back_who_left_does_not_and_no_file_tells_of_either(
    sign, site, key, other, tmp_path, settings
):
    petitions = [make_petition(), make_petition(2)]
    make_office(petitions[0])
    tokens = sign_all(sign, petitions)
    Signature.objects.filter(visibility=Visibility.PUBLIC).update(public_name=PUBLIC)
    close_batch(petitions[0], now=NOW)
    folder = tmp_path / "backups"
    folder.mkdir()

    said = run(site, "backup", folder)

    (backup,) = folder.iterdir()
    assert "all counts and checksums agree" in said
    counted = Tally.objects.by_petition()
    assert sum(counted.values()) == SUPPORTERS * 3 // 2
    # Then life goes on: some leave, one ends the news, one signs, and more is published.
    assert withdraw(tokens[0], now=NOW).news
    assert len(withdraw(tokens[1], now=NOW).petitions) == 2
    end_news(tokens[5])
    sign(petitions[0], address="late@mail.example")
    publish(petitions[0])
    keep_journal(now=database_now())

    away = {"DATABASE_URL": site["DATABASE_URL"].rpartition("/")[0] + f"/{other}"}
    run(site, "migrate", **away)
    journal = tmp_path / "journal"
    journal.write_bytes((settings.LEDGER_MEMORY_DIR / "erased").read_bytes())
    said = run(site, "restore", backup, "--key", key, "--erased", journal, **away)

    assert "signature" in said
    with inside(other):
        first, second = (petition.pk for petition in petitions)
        assert Tally.objects.by_petition() == {
            first: counted[first] - 2,
            second: counted[second] - 1,
        }
        assert Signature.objects.count() == SUPPORTERS * 3 // 2 - 3
        opened = {each.open_details().name.rpartition(" ")[2] for each in Signature.objects.all()}
        assert opened == {str(number) for number in range(2, SUPPORTERS)}
        assert NewsSubscriber.objects.count() == SUPPORTERS // 5 - 2
        assert not SignRequest.objects.exists()
        assert not Petition.objects.exclude(letters_approved_at=None).exists()
        assert not withdraw(tokens[0], now=NOW)
        assert withdraw(tokens[2], now=NOW).petitions, "links of who stays lead there as before"
        # The public log went on meanwhile; another one begins, and its count is the page's.
        petition = Petition.objects.get(pk=first)
        log = begin_anew(petition, now=NOW)
        assert all(outcome.head for outcome in publish_petition(petition))
        assert replay(log).counted == Tally.objects.by_petition()[first]
        assert Batch.objects.get().withdrawals.count() == 3

    nothing_tells(backup.read_bytes(), journal.read_bytes())


def nothing_tells(backup, journal):
    """First it is made sure that there is something to tell, in the clear."""
    assert Signature.objects.filter(public_name=PUBLIC).exists()
    for needle in (
        PUBLIC,
        SEALED,
        "Calliope",
        "bassoon",
        "petitions_signature",
        "ask-1",
        "PGCOPY",
    ):
        for place in (backup, journal):
            assert needle.encode() not in place
    assert {line.split()[1] for line in journal.decode().splitlines()} == {"signature", "news"}
