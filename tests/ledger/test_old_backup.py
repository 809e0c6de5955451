"""An old backup was put back: nothing is signed that would show a log with two pasts."""

from base64 import b64encode
from contextlib import contextmanager
from email import message_from_bytes, policy

import pytest
from django.db import transaction
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.delivery.letters import LetterDesk
from petitions.delivery.office_pages import ask_for_files
from petitions.delivery.queue import send_letters
from petitions.delivery.spool import make_wanted_files
from petitions.ledger.anew import begin_anew
from petitions.ledger.memory import OlderThanPublished, remember
from petitions.ledger.publish import publish, publish_batches, publish_petition
from petitions.models import (
    Batch,
    Delivery,
    FileSet,
    Head,
    Leaf,
    Log,
    LogEntry,
    OfficePage,
    Signature,
    Tally,
)
from petitions.signatures.withdraw import erase_signatures
from petitions.vault import KeysUnavailable, Secret, vault
from tests.ledger.replayed import assert_whole, replay
from tests.mailbox import text_of
from tests.makers import make_signature

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def memory_of(petition):
    return vault().directory / Secret.LEDGER / f"signed-{Log.objects.of(petition).pk}.json"


@pytest.fixture
def until_a_backup_is_put_back(django_capture_on_commit_callbacks):
    """What is done in it is forgotten by the database, and not by the folder of keys."""

    @contextmanager
    def lost():
        backup = transaction.savepoint()
        with django_capture_on_commit_callbacks(execute=True):
            yield
        transaction.savepoint_rollback(backup)

    return lost


@pytest.fixture
def old(petition, until_a_backup_is_put_back, django_capture_on_commit_callbacks):
    """A petition whose log has one batch, and had a second one that the database does not know."""
    with django_capture_on_commit_callbacks(execute=True):
        close_batch(petition, now=NOW)
    Delivery.objects.update(state=Delivery.State.SENT, tries=1, sent_at=NOW)
    with until_a_backup_is_put_back():
        make_signature(petition)
        assert close_batch(petition, now=NOW).head.size == 6
    assert [head.size for head in Head.objects.all()] == [4], "the backup is older"
    return petition


def test_nothing_is_signed_by_a_database_that_knows_less_than_was_published(old, mailbox):
    make_signature(old)

    batch = close_batch(old, now=NOW)

    assert batch.head is None
    assert [outcome.head for outcome in publish_batches()] == [None]
    with pytest.raises(OlderThanPublished, match=r"manage\.py ledger anew ask-1$"):
        publish(old)
    assert [head.size for head in Head.objects.all()] == [4]
    assert send_letters(at_any_hour=True) == 0
    assert len(mailbox) == 0
    assert Signature.objects.filter(batch=batch).count() == 1, "nothing is lost"


def test_nothing_is_signed_by_a_database_that_went_on_otherwise(old):
    """With as many leaves as were published, or more, but others."""
    path = memory_of(old)
    memory = path.read_text()
    path.unlink()
    for _ in range(9):
        make_signature(old)
    publish(old)
    path.write_text(memory)

    assert Log.objects.get().size > 6
    with pytest.raises(OlderThanPublished):
        publish(old)


def test_a_head_that_is_remembered_late_makes_no_newer_one_forgotten(old):
    """Two publish at once, and who was first is the last to note it."""
    make_signature(old)

    remember(Head.objects.get())

    with pytest.raises(OlderThanPublished):
        publish(old)


def test_a_memory_that_is_damaged_signs_nothing(old):
    memory_of(old).write_text('{"size": "many"}')

    with pytest.raises(KeysUnavailable, match="does not say what was signed last"):
        publish(old)


def test_another_log_heals_it_and_letters_go(old, mailbox):
    first = Log.objects.get()
    make_signature(old)
    close_batch(old, now=NOW)

    log = begin_anew(old, now=NOW)
    outcomes = publish_petition(old)

    assert log.pk != first.pk
    assert log.origin.endswith(f"/ledger/{log.pk}")
    assert [outcome.head is not None for outcome in outcomes] == [True, True]
    assert first.size == 4, "what the old one has stays"
    seen = replay(log)
    assert seen.counted == Tally.objects.by_petition()[old.pk] == 4
    assert {number: batch.count for number, batch in seen.batches.items()} == {1: 3, 2: 1}
    assert_whole(log)
    assert send_letters(at_any_hour=True) == 1
    (mail,) = mailbox.mails()
    assert b64encode(outcomes[1].head.root).decode() in text_of(mail)
    assert Delivery.objects.filter(state=Delivery.State.SENT).count() == 2


def test_what_letters_have_said_stays_and_numbers_are_not_given_again(old):
    Log.objects.update(highest_batch=7)
    erase_signatures(list(Signature.objects.filter(batch__number=1)[:1]), now=NOW)

    log = begin_anew(old, now=NOW)
    publish_petition(old)

    sent = Batch.objects.get(number=1)
    assert sent.size == 3, "so many were in its letters"
    assert replay(log).batches[1].count == 2
    make_signature(old)
    assert close_batch(old, now=NOW).number == 8


def test_what_waited_for_the_old_log_and_its_receipts_are_gone(old):
    erase_signatures(list(Signature.objects.all()[:1]), now=NOW)
    assert LogEntry.objects.waiting().exists()
    page = OfficePage.objects.get()
    ask_for_files(page.open_token(), now=NOW)
    assert make_wanted_files() == 1
    old_receipts = {leaf.receipt for leaf in Leaf.objects.all()}
    assert old_receipts

    log = begin_anew(old, now=NOW)

    assert not LogEntry.objects.waiting().exists()
    assert not FileSet.objects.exists()
    assert not Leaf.objects.exists()
    publish_petition(old)
    assert {leaf.receipt.log for leaf in Leaf.objects.all()} == {log.pk}
    assert not old_receipts & {leaf.receipt for leaf in Leaf.objects.all()}


def test_a_number_that_was_signed_for_another_log_is_not_taken(
    petition, until_a_backup_is_put_back, keys
):
    """The backup is older than the first log; its sequence gives the same numbers again."""
    with until_a_backup_is_put_back():
        number = publish(petition).log_id
    for ahead in (1, 2):
        taken = keys.directory / Secret.LEDGER / f"signed-{number + ahead}.json"
        taken.write_text('{"size": 5, "root": "00"}')

    log = begin_anew(petition, now=NOW)

    assert log.pk == number + 3
    assert publish(petition).log == log


def test_a_letter_that_was_just_composed_is_composed_anew(old):
    """A worker that has the batch open must not name the old log's root."""
    delivery = Delivery.objects.select_related("office", "batch__head").get()
    desk = LetterDesk()
    old_letter = desk.compose(delivery)
    begin_anew(old, now=NOW)
    publish_petition(old)

    again = Delivery.objects.select_related("office", "batch__head").get()

    new_letter = desk.compose(again)
    root = b64encode(again.batch.head.root).decode()
    assert root in text_of(message_from_bytes(new_letter, policy=policy.default))
    assert root not in text_of(message_from_bytes(old_letter, policy=policy.default))
