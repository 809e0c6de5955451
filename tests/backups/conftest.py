from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from petitions.backups.make import write_backup
from petitions.exports.age import make_identity
from petitions.signatures.confirm import confirm
from tests.database import empty_tables
from tests.makers import make_wish
from tests.processes import Processes


@pytest.fixture
def sign(transactional_db, ask):
    """Sign petitions and confirm; gives the token of the receipt's link."""

    def sign_now(*petitions, **changes):
        mailing = ask(make_wish(*petitions, **changes), now=timezone.now())
        ids = [each.pk for each in petitions]
        confirm(mailing.confirm_token, petition_ids=ids, now=timezone.now())
        return mailing.withdraw_token

    return sign_now


@pytest.fixture
def key(tmp_path, settings) -> Path:
    """The private half, of which the machine that makes backups knows the public one."""
    identity, recipient = make_identity()
    settings.BACKUP_RECIPIENTS = [recipient]
    path = tmp_path / "key.txt"
    path.write_text(f"# public key: {recipient}\n{identity}\n")
    return path


@pytest.fixture
def back_up(transactional_db, key, settings, tmp_path):
    """A file as `manage.py backup -` writes it."""

    def written(name="backup.age") -> Path:
        path = tmp_path / name
        with path.open("wb") as out:
            write_backup(out, recipients=settings.BACKUP_RECIPIENTS)
        return path

    return written


@pytest.fixture
def restore(key):
    """As an administrator types it, with no journal where no word names one."""

    def typed(path, *words, by=key):
        call_command("restore", str(path), "--key", str(by), *(words or ["--journal-is-lost"]))

    return typed


@pytest.fixture
def lost(transactional_db):
    """The database is gone, and another one has just been migrated."""
    return empty_tables


@pytest.fixture
def site(keys, mailbox, key, settings, tmp_path):
    """The environment of a machine that has the database, and no private key of any kind."""
    (recipient,) = settings.BACKUP_RECIPIENTS
    none = {"VAULT_DIR": str(tmp_path / "none"), "LEDGER_MEMORY_DIR": str(tmp_path / "none")}
    started = Processes(tmp_path, CAMPAIGN_ROLE="organizer", BACKUP_RECIPIENTS=recipient, **none)
    return started.environment
