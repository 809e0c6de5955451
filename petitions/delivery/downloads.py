"""The web process hands out what the deliverer laid out on an office's page (delivery/spool.py).

It has no key. The token that the visitor brings opens the page's box, in it is the key of the
files, and with that one chunk after the other is opened on its way out.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction

from petitions.delivery.office_pages import find_page, note_download
from petitions.models import FileChunk
from petitions.models.office_page import page_context
from petitions.vault import CannotOpen, HolderKey

CHUNK_BYTES = 1024 * 1024


class NoSuchFile(Exception):
    """It is not there, not any more, or not for this link."""


@dataclass(frozen=True)
class Download:
    name: str
    type: str
    size: int
    chunks: Iterator[bytes]


@transaction.atomic
def download(token: str, number: int, *, now: datetime) -> Download:
    """One of a page's files, opened as it is read; a line says that it was handed out.

    Raises:
        LeadsNowhere, NoSuchFile: there is nothing to hand out.
    """
    page = find_page(token, now=now, locked=True)
    file_set = page.files
    if file_set is None or not page.gives_files(now=now):
        raise NoSuchFile
    if not 0 <= number < len(file_set.manifest):
        raise NoSuchFile
    try:
        key = HolderKey.of(token, page_context(page.pk)).open(bytes(page.key_box or b""))
    except CannotOpen as error:
        raise NoSuchFile from error
    entry = file_set.manifest[number]
    note_download(page, entry["name"], now=now)
    chunks = _chunks(file_set.pk, number, size=entry["size"], cipher=AESGCM(key))
    return Download(entry["name"], entry["type"], entry["size"], chunks)


def _chunks(set_id: uuid.UUID, file: int, *, size: int, cipher: AESGCM) -> Iterator[bytes]:
    """One at a time, so that no more than that is in memory.

    Raises:
        NoSuchFile: a chunk is gone or was changed; what has been read so far is not the file.
    """
    for number in range(-(-size // CHUNK_BYTES)):
        nonce, bound_to = position(set_id, file, number)
        rows = FileChunk.objects.filter(file_set=set_id, file=file, number=number)
        data = rows.values_list("data", flat=True).first()
        try:
            yield cipher.decrypt(nonce, bytes(data or b""), bound_to)
        except InvalidTag as error:
            raise NoSuchFile from error


def position(set_id: uuid.UUID, file: int, number: int) -> tuple[bytes, bytes]:
    """Of a chunk: the nonce, which no other chunk under the key has, and what it is bound to."""
    nonce = file.to_bytes(4, "big") + number.to_bytes(8, "big")
    return nonce, f"five-asks file {set_id}|{file}|{number}".encode()
