"""What a relay can be asked, and what it may answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

# How far the clocks of the database and of a relay may be apart.
CLOCKS_APART = timedelta(minutes=1)


class Answer(Enum):
    TAKEN = "taken"
    NOT_TAKEN = "not taken"
    NOT_YET = "ask again later"
    CANNOT_SAY = "cannot say"


class Relay(Protocol):
    """A false NOT_TAKEN sends a letter twice, a false TAKEN loses one: in doubt it is neither."""

    def ask(self, message_id: str, *, since: datetime) -> Answer:
        """Whether the relay has taken the message with this Message-ID.

        `since` is when it began to be handed over. An earlier letter with the same Message-ID
        says nothing: one that came back is sent again with its old one.
        """


class MuteRelay:
    def ask(self, message_id: str, *, since: datetime) -> Answer:
        del message_id, since
        return Answer.CANNOT_SAY
