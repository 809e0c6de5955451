"""Reads the local Maildir: what `/mailbox/` shows."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import default
from functools import cached_property
from pathlib import Path

# As local.smtp names files: <time in ns>.<process>_<number>.<digest of the Message-ID>
KEY = re.compile(r"[0-9]{1,20}\.[0-9]{1,10}_[0-9]{1,10}\.[0-9a-f]{32}")

# More than any header section here, less than a letter with its attachments.
HEADER_BYTES = 16 * 1024


@dataclass(frozen=True)
class Attachment:
    number: int
    name: str
    kind: str
    content: bytes

    @property
    def table(self) -> str:
        """What a CSV says; empty for everything else."""
        return self.content.decode("utf-8-sig", "replace") if self.name.endswith(".csv") else ""


@dataclass(frozen=True)
class Mail:
    """One message, or the beginning of one."""

    key: str
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=default)

    @property
    def arrived(self) -> datetime:
        return datetime.fromtimestamp(int(self.key.partition(".")[0]) / 1e9, tz=UTC)

    @property
    def recipients(self) -> str:
        return ", ".join(str(value) for value in self.message.get_all("X-Envelope-To", []))

    @property
    def subject(self) -> str:
        return str(self.message.get("Subject", "")) or "(no subject)"

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.message.items()]

    @cached_property
    def text(self) -> str:
        return self.body("plain")

    @cached_property
    def html(self) -> str:
        return self.body("html")

    @cached_property
    def attachments(self) -> list[Attachment]:
        parts = self.message.iter_attachments() if self.message.is_multipart() else ()
        return [as_attachment(number, part) for number, part in enumerate(parts, 1)]

    def body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return as_text(part) if part else ""


class Mailbox:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keys(self) -> list[str]:
        """Every message's key, the newest first."""
        keys = {name.partition(":")[0] for name in self.names()}
        return sorted(filter(KEY.fullmatch, keys), key=by_arrival, reverse=True)

    def names(self) -> Iterator[str]:
        for folder in ("new", "cur"):
            if (self.folder / folder).is_dir():
                yield from (entry.name for entry in os.scandir(self.folder / folder))

    def find(self, key: str) -> Path | None:
        """The message's file. Whatever is not a key names nothing, here or elsewhere."""
        if not KEY.fullmatch(key):
            return None
        # A mail program that read it has moved it, and added flags behind a colon.
        paths = [self.folder / "new" / key, *(self.folder / "cur").glob(f"{key}*")]
        return next((path for path in paths if path.is_file()), None)

    def read(self, key: str) -> Mail | None:
        path = self.find(key)
        return Mail(key, path.read_bytes()) if path else None

    def skim(self, key: str) -> Mail | None:
        """Only the beginning, which has the headers: enough for a list."""
        path = self.find(key)
        if path is None:
            return None
        with path.open("rb") as file:
            return Mail(key, file.read(HEADER_BYTES))


def by_arrival(key: str) -> tuple[int, str]:
    return int(key.partition(".")[0]), key


def as_attachment(number: int, part: MIMEPart) -> Attachment:
    # What a stranger calls a file becomes a header of ours.
    name = re.sub(r"[^\w.() -]", "_", part.get_filename() or f"part-{number}")
    return Attachment(number, name, part.get_content_type(), content_of(part))


def as_text(part: MIMEPart) -> str:
    try:
        return content_of(part).decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        # A charset that nobody knows.
        return content_of(part).decode("utf-8", "replace")


def content_of(part: MIMEPart) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""
