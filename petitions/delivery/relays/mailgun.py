"""Asking Mailgun by its events (GET /v3/DOMAIN/events), which can be filtered by Message-ID.

It keeps the Message-ID of a mail that comes by SMTP, and shows it without its angle brackets.
"""

from __future__ import annotations

import base64
import http.client
import json
import logging
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from django.utils import timezone

from petitions.delivery.relays.answers import CLOCKS_APART, Answer

log = logging.getLogger(__name__)

# Events come to the store by several ways; Mailgun advises to trust what is half an hour old.
SETTLED_AFTER = timedelta(minutes=30)
TIMEOUT = 10
MOST_BYTES = 1024 * 1024


class CannotAsk(Exception):
    """The API gives no answer that can be used."""


class MailgunRelay:
    def __init__(self, host: str, *, domain: str, key: str) -> None:
        self.host = host
        self.domain = domain
        self.key = key

    def ask(self, message_id: str, *, since: datetime) -> Answer:
        is_early = timezone.now() < since + SETTLED_AFTER
        try:
            taken = self._has_accepted(message_id, since - CLOCKS_APART)
        except (OSError, http.client.HTTPException, CannotAsk) as fault:
            log.warning("Mailgun can't be asked: %s: %s", type(fault).__name__, fault)
            return Answer.NOT_YET if is_early else Answer.CANNOT_SAY
        if taken:
            return Answer.TAKEN
        return Answer.NOT_YET if is_early else Answer.NOT_TAKEN

    def _has_accepted(self, message_id: str, earliest: datetime) -> bool:
        bare = message_id.strip("<>")
        events = self._get(
            {
                "event": "accepted",
                "message-id": bare,
                "begin": f"{earliest.timestamp():.0f}",
                "ascending": "yes",
            }
        )
        try:
            found = {each["message"]["headers"]["message-id"] for each in events["items"]}
        except (KeyError, TypeError) as error:
            raise CannotAsk("its events have another form") from error
        return bare in found

    def _get(self, query: dict[str, str]) -> Any:
        """What the API answers; it is followed nowhere else, where it would take the key to."""
        connection = self._connection()
        try:
            path = f"/v3/{quote(self.domain)}/events?{urlencode(query)}"
            login = base64.b64encode(f"api:{self.key}".encode()).decode()
            connection.request("GET", path, headers={"Authorization": f"Basic {login}"})
            response = connection.getresponse()
            if response.status != http.client.OK:
                raise CannotAsk(f"it answers {response.status} {response.reason}")
            return json.loads(response.read(MOST_BYTES))
        except ValueError as error:
            raise CannotAsk("its answer is no JSON") from error
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        # A proxy on the same machine may do the encryption.
        is_here = self.host.partition(":")[0] in {"127.0.0.1", "localhost"}
        maker = http.client.HTTPConnection if is_here else http.client.HTTPSConnection
        return maker(self.host, timeout=TIMEOUT)
