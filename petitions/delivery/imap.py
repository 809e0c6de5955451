"""What lies in the IMAP folder that RETURNS_IMAP_URL names: filed, then taken away.

A mail is marked as deleted when PostgreSQL has it, not before. Who dies between the two files it
again at the next look, which changes nothing. No number of a mail is kept from one look to the
next, so a folder that numbers its mails anew (UIDVALIDITY, RFC 9051, section 2.3.1.1) confuses
nobody. What can't be filed stays, flagged, and is tried again when somebody takes the flag away.
"""

from __future__ import annotations

import imaplib
import logging
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from petitions.delivery.returned_mail import NotAMail
from petitions.delivery.returns import LARGEST, file_mail
from petitions.models import MailboxLook, Returned
from petitions.models.clock import database_now
from petitions.models.returned import MAILBOX
from petitions.vault import KeysUnavailable

log = logging.getLogger(__name__)

MOST_A_LOOK = 200
# Letters may be waiting for the same worker.
SECONDS_A_LOOK = 20
# Who looks is taken for dead after that; a mail takes seconds.
LEASE = timedelta(minutes=10)
TIMEOUT = 10
PORTS = {"imap": 143, "imaps": 993}
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
FAULTS = (imaplib.IMAP4.error, OSError)
AWAY = (OperationalError, InterfaceError, KeysUnavailable)
NAME = re.compile(r"[\x20-\x7e]+")
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class CannotLook(Exception):
    """The mailbox can't be reached, or does not let us do what we must."""


@dataclass(frozen=True)
class Mailbox:
    host: str
    port: int
    user: str
    folder: str
    is_encrypted: bool


def fetch_mails() -> int:
    """File what lies in the folder, and say how much; faults are logged, for the next look."""
    if not settings.RETURNS_IMAP_URL:
        return 0
    try:
        return look()
    except CannotLook as fault:
        log.warning("the mailbox for what comes back can't be read: %s", fault)
    except AWAY as fault:
        log.error("mails have to wait: %s", type(fault).__name__)  # noqa: TRY400 - words may quote
    return 0


def look() -> int:
    """File what lies in the folder, at most MOST_A_LOOK mails, and say how much was filed.

    Does nothing while another process looks.

    Raises:
        CannotLook: the mailbox is away.
        KeysUnavailable, OperationalError, InterfaceError: ours is.
    """
    box = mailbox()
    if not _claim_look():
        return 0
    try:
        with _opened(box) as folder:
            filed = _take_what_is_new(folder)
            left = len(folder.search("FLAGGED"))
    except CannotLook:
        MailboxLook.objects.filter(failing_since=None).update(failing_since=database_now())
        raise
    else:
        MailboxLook.objects.update(failing_since=None, left=left)
    finally:
        MailboxLook.objects.update(lease_until=None)
    return filed


def mailbox() -> Mailbox:
    """The one that RETURNS_IMAP_URL names.

    Raises:
        ImproperlyConfigured: it names none that can be used.
    """
    try:
        url = urlsplit(settings.RETURNS_IMAP_URL)
        port = url.port
    except ValueError as error:
        raise ImproperlyConfigured("RETURNS_IMAP_URL is no address.") from error
    if url.password is not None:
        raise ImproperlyConfigured(
            "RETURNS_IMAP_URL is no place for the password: put it into RETURNS_IMAP_PASSWORD."
        )
    folder = unquote(url.path.strip("/")) or "INBOX"
    names = (folder, settings.RETURNS_IMAP_ANSWERS)
    if url.scheme not in {"imap", "imaps"} or not url.hostname or not url.username:
        raise ImproperlyConfigured("RETURNS_IMAP_URL wants the form imaps://user@host/folder.")
    if not all(map(NAME.fullmatch, names)) or names[0] == names[1]:
        raise ImproperlyConfigured(
            "The folders of RETURNS_IMAP_URL and RETURNS_IMAP_ANSWERS are two, with names in ASCII"
            " (others as the server writes them, in modified UTF-7)."
        )
    if url.scheme == "imap" and url.hostname not in LOOPBACK:
        raise ImproperlyConfigured("RETURNS_IMAP_URL: without TLS (imap://) only on loopback.")
    if not settings.RETURNS_IMAP_PASSWORD:
        raise ImproperlyConfigured("RETURNS_IMAP_URL needs RETURNS_IMAP_PASSWORD.")
    return Mailbox(
        url.hostname,
        port or PORTS[url.scheme],
        unquote(url.username),
        folder,
        url.scheme == "imaps",
    )


def check_imap_url(**_: Any) -> list[checks.CheckMessage]:
    """Django's check: a wrong RETURNS_IMAP_URL is told at the start."""
    if not settings.ROLE.sends_letters or not settings.RETURNS_IMAP_URL:
        return []
    try:
        mailbox()
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), id="petitions.E002")]
    return []


def _claim_look() -> bool:
    """Whether nobody else is looking: two would move an answer twice."""
    now = database_now()
    MailboxLook.objects.get_or_create(pk=MAILBOX)
    free = MailboxLook.objects.filter(Q(lease_until=None) | Q(lease_until__lte=now))
    return free.update(lease_until=now + LEASE) == 1


def _take_what_is_new(folder: Folder) -> int:
    filed = 0
    ends_at = time.monotonic() + SECONDS_A_LOOK
    for uid in folder.search("UNFLAGGED")[:MOST_A_LOOK]:
        if time.monotonic() > ends_at:
            break
        returned = _file(folder, uid)
        if returned is None:
            folder.flag(uid)
            continue
        filed += 1
        if returned.kind == Returned.Kind.ANSWER:
            folder.copy(uid, settings.RETURNS_IMAP_ANSWERS)
        folder.delete(uid)
    return filed


def _file(folder: Folder, uid: str) -> Returned | None:
    """None: it can't be filed, and stays."""
    if folder.size_of(uid) > LARGEST:
        log.warning("mail %s in the mailbox is too large", uid)
        return None
    raw = folder.read(uid)
    try:
        with transaction.atomic(durable=True):
            return file_mail(raw)
    except NotAMail as fault:
        log.warning("mail %s in the mailbox is none: %s", uid, fault)
    except AWAY:
        raise
    except Exception as fault:  # noqa: BLE001 - it would keep all mails behind it waiting for ever
        log.critical("mail %s in the mailbox can't be filed: %s", uid, type(fault).__name__)
    return None


# --- IMAP


@contextmanager
def _opened(box: Mailbox) -> Iterator[Folder]:
    """The folder, open for changes; closing it expunges what is marked as deleted."""
    try:
        imap = _connect(box)
    except FAULTS as fault:
        raise CannotLook(_words(fault)) from fault
    try:
        # Every server has it (RFC 3501, section 11.1), and it takes any password.
        login = f"\0{box.user}\0{settings.RETURNS_IMAP_PASSWORD}".encode()
        imap.authenticate("PLAIN", lambda _: login)
        folder = Folder(imap, box.folder)
        yield folder
        folder.close()
        imap.logout()
    except FAULTS as fault:
        raise CannotLook(_words(fault)) from fault
    finally:
        with suppress(OSError):
            imap.shutdown()


def _connect(box: Mailbox) -> imaplib.IMAP4:
    if box.is_encrypted:
        context = ssl.create_default_context()
        return imaplib.IMAP4_SSL(box.host, box.port, ssl_context=context, timeout=TIMEOUT)
    return imaplib.IMAP4(box.host, box.port, timeout=TIMEOUT)


class Folder:
    def __init__(self, imap: imaplib.IMAP4, name: str) -> None:
        self.imap = imap
        _demand(imap.select(_quoted(name)))

    def search(self, flag: str) -> list[str]:
        """UIDs of the mails that are not marked as deleted, the oldest first."""
        (found,) = self._ask("SEARCH", "UNDELETED", flag)
        return found.decode().split() if found else []

    def size_of(self, uid: str) -> int:
        answers = self._ask("FETCH", uid, "(RFC822.SIZE)")
        sizes = [SIZE.search(each) for each in answers if isinstance(each, bytes)]
        return next((int(size[1]) for size in sizes if size), 0)

    def read(self, uid: str) -> bytes:
        """The whole mail; it stays unread for those who look into the mailbox."""
        answers = self._ask("FETCH", uid, "(BODY.PEEK[])")
        return next((each[1] for each in answers if isinstance(each, tuple)), b"")

    def flag(self, uid: str) -> None:
        self._ask("STORE", uid, "+FLAGS.SILENT", r"(\Flagged)")

    def delete(self, uid: str) -> None:
        self._ask("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)")

    def copy(self, uid: str, name: str) -> None:
        """To another folder, which is made if it is not there."""
        word, _ = self.imap.uid("COPY", uid, _quoted(name))
        if word != "OK":
            self.imap.create(_quoted(name))
            self._ask("COPY", uid, _quoted(name))

    def close(self) -> None:
        _demand(self.imap.close())

    def _ask(self, *command: str) -> list[Any]:
        return _demand(self.imap.uid(*command))


def _demand(answer: tuple[str, list[Any]]) -> list[Any]:
    word, data = answer
    if word != "OK":
        raise imaplib.IMAP4.error(f"{word} {data!r}")
    return data


def _quoted(name: str) -> str:
    escaped = name.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


def _words(fault: Exception) -> str:
    """A server's answer to us; where the talk itself broke, it may be a piece of a mail."""
    kind = type(fault).__name__
    return kind if isinstance(fault, imaplib.IMAP4.abort) else f"{kind}: {fault}"[:300]
