"""A mail server on its worst days: `python -m bench.bad_days MAILDIR SEED`.

Of the letters that it is offered it puts off a share, breaks off in the middle of others, falls
silent at some; what it has taken stands in the Maildir, where it can be asked by name. It says on
its first line at which port it listens.
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path
from typing import Any

from local.smtp import HOST, SMTP, Connection, Envelope, Keeper, Session, port_of

# Of a hundred letters.
PUT_OFF = 20
BROKEN_OFF = 5
SILENT = 2
# Longer than anybody here waits.
SILENCE = 60


class BadDays(Keeper):
    def __init__(self, folder: Path, seed: int) -> None:
        super().__init__(folder)
        self.dice = random.Random(seed)  # noqa: S311 - a benchmark's dice

    def fate(self) -> str:
        throw = self.dice.random() * 100
        early = self.dice.random() < 0.5  # noqa: PLR2004 - a coin
        if throw < PUT_OFF:
            return "put off at RCPT" if early else "put off at the dot"
        if throw < PUT_OFF + BROKEN_OFF:
            return "break off in DATA" if early else "break off after the dot"
        if throw < PUT_OFF + BROKEN_OFF + SILENT:
            return "silent in DATA" if early else "silent after the dot"
        return ""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, connection: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        assert isinstance(connection, BadConnection)  # noqa: S101 - no other is made here
        connection.fate = self.fate()
        if connection.fate == "put off at RCPT":
            return "451 4.3.0 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, connection: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(connection, BadConnection)  # noqa: S101 - no other is made here
        if connection.fate == "put off at the dot":
            return "452 4.3.1 No room at the moment"
        answer = await super().handle_DATA(connection, session, envelope)
        if connection.fate == "break off after the dot":
            connection.transport.abort()
        if connection.fate == "silent after the dot":
            await asyncio.sleep(SILENCE)
        return answer


class BadConnection(Connection):
    fate = ""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if self.fate == "silent in DATA":
            await asyncio.sleep(SILENCE)
        if self.fate == "break off in DATA":
            await self.push("354 Go on")
            await self._reader.read(64)
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


async def serve(folder: Path, seed: int) -> None:
    keeper = BadDays(folder, seed)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: BadConnection(keeper), HOST, 0)
    print(port_of(server), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
