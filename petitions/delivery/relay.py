"""Asking the relay what became of a letter whose connection was lost after its last byte.

SMTP can't tell whether the server took it (RFC 5321, section 4.5.3.2.6); the relay itself can.
"""

from __future__ import annotations

import hashlib
from enum import Enum
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class Answer(Enum):
    TAKEN = "taken"
    NOT_TAKEN = "not taken"
    CANNOT_SAY = "cannot say"


class Relay(Protocol):
    def ask(self, message_id: str) -> Answer:
        """Whether the relay has taken the message with this Message-ID."""


def relay() -> Relay:
    """The relay that RELAY_URL names; one that can't be asked where it names none."""
    url = urlsplit(settings.RELAY_URL)
    match url.scheme:
        case "":
            return MuteRelay()
        case "maildir":
            return MaildirRelay(Path(unquote(url.path)))
        case unknown:
            raise ImproperlyConfigured(f"RELAY_URL: nobody knows how to ask {unknown}://.")


class MuteRelay:
    def ask(self, message_id: str) -> Answer:
        del message_id
        return Answer.CANNOT_SAY


class MaildirRelay:
    """A server that delivers into a Maildir and puts the Message-ID's digest into file names."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def ask(self, message_id: str) -> Answer:
        digest = hashlib.sha256(message_id.encode()).hexdigest()[:32]
        found = any(
            any((self.directory / folder).glob(f"*.{digest}*")) for folder in ("new", "cur")
        )
        return Answer.TAKEN if found else Answer.NOT_TAKEN
