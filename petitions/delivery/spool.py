"""Files that an office downloads from its page, encrypted so that its link alone opens them.

They are written once for all letters that share them (delivery/files.py), in chunks under a key of
their own, AES-256-GCM. That key is sealed to the deliverer, who gives it on, and for each page to
whoever holds the page's link (delivery/downloads.py).
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from django.utils.translation import override

from petitions.delivery.claims import lease
from petitions.delivery.content import BatchContent, open_batch
from petitions.delivery.downloads import CHUNK_BYTES, position
from petitions.delivery.files import FileShelf, SignerFiles, shared_by
from petitions.delivery.office_pages import token_of
from petitions.delivery.typesetter import CannotTypeset
from petitions.models import (
    Batch,
    Delivery,
    Erasure,
    FileChunk,
    FileSet,
    Leaf,
    OfficePage,
    Signature,
)
from petitions.models.clock import database_now
from petitions.models.office_page import FILES_LIFE, page_context
from petitions.models.sealed import FILE_KEY_BYTES, seal_file_key
from petitions.vault import CannotOpen, HolderKey, VaultError, seal_to_holder

log = logging.getLogger(__name__)


class SignersLeft(Exception):
    """Somebody who is in these files has withdrawn while they were made: they are not kept."""


# --- The deliverer


def too_large(files: SignerFiles) -> bool:
    """Whether a mail server may refuse a letter that carries these."""
    limit: int = settings.LETTER_FILES_BYTES
    return files.size > limit


def make_wanted_files() -> int:
    """Make the files that offices asked for on their pages, and say for how many pages.

    Raises:
        TooManyDamagedBoxes, KeysUnavailable, CannotTypeset: they go on waiting.
    """
    desk, made = _Desk(), 0
    try:
        while (page := _claim()) is not None:
            desk.make(page)
            made += 1
    except (VaultError, CannotTypeset) as alarm:
        log.critical("no files are made for offices: %s", alarm)
        raise
    return made


def lay_out(
    page: OfficePage, files: SignerFiles, content: BatchContent, delivery: Delivery
) -> None:
    """Put a letter's files on its page; `delivery` is in the language of the moment.

    Raises:
        SignersLeft: nothing is kept; the batch is to be opened anew.
    """
    file_set, key = _shared_set(files, content, delivery)
    holder = HolderKey.of(token_of(page), page_context(page.pk))
    key_box = seal_to_holder(key, public_bytes=holder.public_bytes(), context=holder.context)
    OfficePage.objects.filter(pk=page.pk).update(
        files=file_set, key_box=key_box, files_wanted=False, lease_until=None
    )


class _Desk:
    """What pages of one batch share is opened and made once."""

    def __init__(self) -> None:
        self._batch_id = 0
        self._content = BatchContent([], Counter())
        self._shelf = FileShelf()

    def make(self, page: OfficePage) -> None:
        while True:
            self._open(page.delivery.batch)
            try:
                return self._lay_out(page)
            except SignersLeft:
                self._batch_id = 0

    def _open(self, batch: Batch) -> None:
        if self._batch_id != batch.pk:
            self._content, self._shelf = open_batch(batch), FileShelf()
            self._batch_id = batch.pk

    def _lay_out(self, page: OfficePage) -> None:
        with override(page.delivery.office.language):
            files = self._shelf.of(self._content, page.delivery)
            if files is None:
                # All have withdrawn.
                OfficePage.objects.filter(pk=page.pk).update(files_wanted=False, lease_until=None)
                return
            lay_out(page, files, self._content, page.delivery)


@transaction.atomic
def _claim() -> OfficePage | None:
    """The next page that waits, held for the lease: a killed worker's is free again after it."""
    now = database_now()
    waiting = OfficePage.objects.waiting_for_files(now=now)
    locked = waiting.select_for_update(skip_locked=True, of=("self",))
    page = (
        locked.select_related("delivery__batch__petition", "delivery__office")
        .order_by("delivery__batch", "delivery__office__language")
        .first()
    )
    if page is not None:
        OfficePage.objects.filter(pk=page.pk).update(lease_until=now + lease())
    return page


def _shared_set(
    files: SignerFiles, content: BatchContent, delivery: Delivery
) -> tuple[FileSet, bytes]:
    """The set that these letters share and its key; made where it is not there yet."""
    language, first = shared_by(content, delivery)
    shared = FileSet.objects.filter(batch=delivery.batch_id, language=language, first_country=first)
    known = shared.first()
    if known is not None and (opened := _opened(known)):
        return opened
    key, pk = AESGCM.generate_key(8 * FILE_KEY_BYTES), uuid.uuid4()
    file_set = FileSet(
        id=pk,
        batch=delivery.batch,
        language=language,
        first_country=first,
        manifest=[
            {"name": each.name, "type": each.type, "size": len(each.content)} for each in files.all
        ],
        key_box=seal_file_key(key, set_id=pk),
        made_at=database_now(),
    )
    if _store(file_set, key, files, content):
        return file_set, key
    winner = shared.get()
    return winner, winner.open_key()


def _opened(known: FileSet) -> tuple[FileSet, bytes] | None:
    """With its key; one whose box is damaged is erased, to be made again."""
    try:
        return known, known.open_key()
    except CannotOpen:
        log.error("files %s do not open: they are made again", known.pk)  # noqa: TRY400 - the trace adds nothing
        known.delete()
        return None


@transaction.atomic
def _store(file_set: FileSet, key: bytes, files: SignerFiles, content: BatchContent) -> bool:
    """False where another worker was sooner.

    Raises:
        SignersLeft: somebody who is in them is not in the batch any more.
    """
    # The second of two workers waits here for the first.
    FileSet.objects.bulk_create([file_set], ignore_conflicts=True)
    if not FileSet.objects.filter(pk=file_set.pk).exists():
        return False
    cipher = AESGCM(key)
    for number, file in enumerate(files.all):
        for place, chunk in enumerate(_pieces(file.content)):
            nonce, bound_to = position(file_set.pk, number, place)
            FileChunk.objects.create(
                file_set=file_set,
                file=number,
                number=place,
                data=cipher.encrypt(nonce, chunk, bound_to),
            )
    _make_sure_that_all_are_still_there(file_set.batch_id, content)
    return True


def _make_sure_that_all_are_still_there(batch_id: int, content: BatchContent) -> None:
    """Until the transaction ends nobody leaves the batch, and then these files can be seen and are
    erased with whoever leaves (signatures/withdraw.py)."""
    Batch.objects.select_for_update(no_key=True).only("pk").get(pk=batch_id)
    there = Signature.objects.filter(batch=batch_id).to_be_named().values_list("pk", flat=True)
    if {signer.reference for signer in content.signers} - set(there.iterator()):
        raise SignersLeft
    if Leaf.objects.filter(signature__batch=batch_id).count() < len(content.receipts):
        raise SignersLeft


def _pieces(content: bytes) -> Iterator[memoryview]:
    view = memoryview(content)
    return (view[start : start + CHUNK_BYTES] for start in range(0, len(view), CHUNK_BYTES))


# --- In time


def erase_expired(*, now: datetime) -> int:
    """Files after 30 days, and pages a year after their letter was sent; their lines stay."""
    _all, sets = FileSet.objects.filter(made_at__lte=now - FILES_LIFE).delete()
    pages, _ = OfficePage.objects.expired(now=now).delete()
    erased = {
        Erasure.Rule.FILES: sets.get("petitions.FileSet", 0),
        Erasure.Rule.PAGES: pages,
    }
    return Erasure.objects.note(erased, now=now)
