"""What was signed last, kept where the key is: a log must never show two pasts.

Where an old backup was put back, the database knows fewer leaves than were published, or others.
Whoever saved the newer head could prove that the log was forked; so nothing is signed then, until
an operator has begun another log (`manage.py ledger anew`).
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from petitions.ledger.tree import MissingTile, stored_tree
from petitions.models import Head, Log
from petitions.vault import KeysUnavailable, VaultError
from petitions.vault.files import locked, make_folder, reachable, write_json
from petitions.vault.keyring import read_key_file


class OlderThanPublished(VaultError):
    """This database has not got what was published of the log."""


def refuse_another_past(log: Log) -> None:
    """
    Raises:
        OlderThanPublished: the log here is not what was signed last, grown.
        KeysUnavailable: nobody can tell.
    """
    if not _can_be_written():
        raise KeysUnavailable(
            f"Nothing can be remembered in {settings.LEDGER_MEMORY_DIR}: nobody may write there."
        )
    if not has_signed(log):
        return
    size, root = _signed_last(log)
    wrong = OlderThanPublished(
        f"The public log {log} had {size:,} leaves that this database has not got: an old backup"
        f" was put back. Nothing more is published of it, and letters wait. To begin another log:"
        f" manage.py ledger anew {log.petition.slug}"
    )
    if size > log.size:
        raise wrong
    try:
        known = stored_tree(log, size).root()
    except MissingTile as error:
        raise wrong from error
    if known != root:
        raise wrong


def has_signed(log: Log) -> bool:
    """Whether this machine has signed a head of a log with this number."""
    return reachable(_path(log))


def remember(head: Head) -> None:
    """Once it is stored for good: what was signed and rolled back has been shown to nobody.

    By then somebody else may have signed the next one, and remembered it already.
    """
    content = {"size": head.size, "root": bytes(head.root).hex()}
    with locked(Path(settings.LEDGER_MEMORY_DIR)):
        if not has_signed(head.log) or _signed_last(head.log)[0] < head.size:
            write_json(_path(head.log), content, secret=True)


def _can_be_written() -> bool:
    folder = Path(settings.LEDGER_MEMORY_DIR)
    with suppress(OSError):
        make_folder(folder, secret=True)
    return os.access(folder, os.W_OK)


def _signed_last(log: Log) -> tuple[int, bytes]:
    path = _path(log)
    signed = read_key_file(path)
    try:
        return int(signed["size"]), bytes.fromhex(signed["root"])
    except (KeyError, TypeError, ValueError) as error:
        raise KeysUnavailable(f"{path} does not say what was signed last.") from error


def _path(log: Log) -> Path:
    return Path(settings.LEDGER_MEMORY_DIR) / f"signed-{log.pk}.json"
