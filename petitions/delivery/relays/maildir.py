from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from petitions.delivery.relays.answers import CLOCKS_APART, Answer


class MaildirRelay:
    """A server that delivers into a Maildir and puts the Message-ID's digest into file names."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def ask(self, message_id: str, *, since: datetime) -> Answer:
        digest = hashlib.sha256(message_id.encode()).hexdigest()[:32]
        earliest = (since - CLOCKS_APART).timestamp()
        found = any(
            path.stat().st_mtime >= earliest
            for folder in ("new", "cur")
            for path in (self.directory / folder).glob(f"*.{digest}*")
        )
        return Answer.TAKEN if found else Answer.NOT_TAKEN
