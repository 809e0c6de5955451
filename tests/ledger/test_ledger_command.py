"""`manage.py ledger …` as an operator types it."""

import io

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from five_asks_verify.checkpoint import (
    COSIGNATURE,
    Checkpoint,
    VerifierKey,
    key_of,
    open_note,
    sign,
    signature_line,
)
from petitions.delivery.batches import close_batch
from petitions.ledger.publish import publish
from petitions.models import Batch, Cosignature, Head, Log
from petitions.vault import private_log_key
from tests.ledger.log_key import key_away
from tests.makers import make_petition, make_signature

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def run(*words):
    said = io.StringIO()
    call_command("ledger", *map(str, words), stdout=said)
    return said.getvalue()


def refusal(*words):
    with pytest.raises(CommandError) as refused:
        run(*words)
    return str(refused.value)


# --- publish


def test_publish_says_of_each_petition_what_was_published_and_what_waits(petition, keys):
    with key_away(keys):
        close_batch(petition, now=NOW)
    make_signature(make_petition(2))
    make_petition(3)

    said = run("publish")

    log = Log.objects.get()
    assert said.splitlines() == [
        f"ask-1, batch 1: published. {log.origin} has 4 leaves, signatures counted: 3.",
        "ask-2: nothing is due, fewer than 20 wait for the next batch (1).",
        "ask-3: nothing is due, nothing waits (0).",
    ]
    assert run("publish").splitlines()[0] == "ask-1: nothing is due, nothing waits (0)."


def test_publish_says_what_keeps_it_back_and_fails(petition, keys):
    with key_away(keys):
        close_batch(petition, now=NOW)
        said = io.StringIO()
        with pytest.raises(CommandError, match="Not all was published"):
            call_command("ledger", "publish", stdout=said)

    assert said.getvalue().startswith(
        "ask-1, batch 1: not published. The public log's key is missing: "
    )
    assert Batch.objects.get().head is None


# --- anew


def test_anew_asks_for_the_slug_and_changes_nothing_without_it(petition, monkeypatch):
    head = close_batch(petition, now=NOW).head
    monkeypatch.setattr("builtins.input", lambda _: "ask-2")

    assert refusal("anew", "ask-1") == "That is not its slug: nothing was changed."
    assert refusal("anew", "ask-1", "--type", "no") == "That is not its slug: nothing was changed."

    assert list(Head.objects.all()) == [head]


def test_anew_begins_another_log_and_publishes(petition):
    old = close_batch(petition, now=NOW).head.log

    said = run("anew", "ask-1", "--type", "ask-1")

    log = Log.objects.latest("pk")
    assert log != old
    assert "As far as this machine remembers" in said
    assert "(3) get new leaves and receipts" in said
    assert "only against copies that somebody has saved" in said
    assert f"{log.origin} is begun." in said
    assert f"ask-1, batch 1: published. {log.origin} has 4 leaves" in said
    assert Batch.objects.get().head.log == log


def test_anew_says_that_the_database_is_old_where_it_is(
    petition, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        publish(petition)
    backup = transaction.savepoint()
    with django_capture_on_commit_callbacks(execute=True):
        make_signature(petition)
        publish(petition)
    transaction.savepoint_rollback(backup)

    said = run("anew", "ask-1", "--type", "ask-1")

    assert "had 4 leaves that this database has not got: an old backup was put back" in said
    assert "fewer than 20 wait for the next batch (3)" in said


def test_anew_does_nothing_without_the_key_or_the_petition(petition, keys):
    publish(petition)

    assert refusal("anew", "ask-9", "--type", "ask-9") == "There is no petition ask-9."
    with key_away(keys):
        assert "public log's key is missing" in refusal("anew", "ask-1", "--type", "ask-1")

    assert Log.objects.count() == 1


# --- cosign


class Witness:
    """Signs as C2SP tlog-cosignature has it."""

    def __init__(self, name="witness.example"):
        self._private = Ed25519PrivateKey.generate()
        self.key = VerifierKey(name, COSIGNATURE, self._private.public_key().public_bytes_raw())

    def line_for(self, note, *, time=1_790_000_000):
        text = note.partition("\n\n")[0] + "\n"
        signed = self._private.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
        return signature_line(self.key, time.to_bytes(8) + signed)


@pytest.fixture
def witness():
    return Witness()


def file_of(tmp_path, text):
    path = tmp_path / "cosigned.txt"
    path.write_text(text)
    return path


def test_a_witness_is_kept_once_and_its_line_opens_the_note(petition, witness, keys, tmp_path):
    head = publish(petition)
    line = witness.line_for(head.note)
    path = file_of(tmp_path, head.note + line)

    first = run("cosign", head.log_id, path, "--key", witness.key)
    again = run("cosign", head.log_id, path, "--key", witness.key)

    assert "It stands below the checkpoint now." in first
    assert "It was here already." in again
    assert Cosignature.objects.get().line == line.strip()
    stored = f"{head.note}{Cosignature.objects.get().line}\n"
    log_key = key_of(head.log.origin, private_log_key(keys))
    assert open_note(stored, log_key, [witness.key]).size == head.size


def test_a_line_that_witnesses_nothing_is_refused(petition, witness, tmp_path):
    head = publish(petition)
    log, other = head.log_id, Witness()
    line = witness.line_for(head.note)
    forked = sign(Checkpoint(str(head.log), head.size, b"x" * 32), Ed25519PrivateKey.generate())

    def refused(text, *, key=witness.key, number=log):
        return refusal("cosign", number, file_of(tmp_path, text), "--key", key)

    assert "has not signed this checkpoint" in refused(head.note)
    assert "has not signed this checkpoint" in refused(head.note + line, key=other.key)
    stolen = signature_line(witness.key, b"0" * 72)
    assert "has not signed this checkpoint" in refused(head.note + stolen)
    assert "it has seen another log" in refused(forked + witness.line_for(forked))
    assert "no signed note" in refused(head.note.partition("\n\n")[0] + "\n")
    assert "Its size or its root is none" in refused("hello\n\n" + line)
    assert "no witness's key" in refused(
        head.note, key=key_of(head.log.origin, Ed25519PrivateKey.generate())
    )
    assert "no Ed25519 key" in refused(head.note + line, key="witness")
    assert "no public log 999999" in refused(head.note + line, number=999_999)
    assert "No such file" in refusal("cosign", log, tmp_path / "away", "--key", witness.key)
    (tmp_path / "picture").write_bytes(b"\xff\xd8")
    assert "is no text" in refusal("cosign", log, tmp_path / "picture", "--key", witness.key)
    assert not Cosignature.objects.exists()
