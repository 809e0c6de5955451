"""Mail servers that fail in every way that a real one does."""

import asyncio
import itertools
import random

from local.smtp import Connection, Keeper


class BadDays(Keeper):
    """Fails as `plan` says, letter after letter; then it behaves.

    "451 …" or "550 …" after RCPT or DATA: `rcpt 451 busy`, `data 552 too big`. `drop after`:
    takes the letter and loses the answer. `drop before`: breaks off before the final dot.
    """

    def __init__(self, folder, *plan):
        super().__init__(folder)
        self.plan = iter(plan)
        self.today = ""

    def next_fault(self):
        self.today = next(self.plan, "")
        return self.today

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        fault = self.next_fault()
        if fault.startswith("rcpt "):
            return fault.removeprefix("rcpt ")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        if self.today.startswith("data "):
            return self.today.removeprefix("data ")
        answer = await super().handle_DATA(server, session, envelope)
        if self.today == "drop after":
            server.transport.abort()
        if self.today == "hang after":
            await asyncio.sleep(30)
        return answer


class ShakyConnection(Connection):
    async def smtp_DATA(self, arg):  # noqa: N802 - aiosmtpd's name
        if self.event_handler.today == "drop before":
            await self.push("354 go on")
            await self._reader.read(64)
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


class ShakyKeeper(BadDays):
    """Drops a share of all connections before or after the dot, for as long as it runs."""

    def __init__(self, folder, *, seed, share):
        chance = random.Random(seed)  # noqa: S311 - a test's dice
        faults = (
            chance.choice(["drop before", "drop after", "rcpt 451 4.3.0 Try later"])
            if chance.random() < share
            else ""
            for _ in itertools.count()
        )
        super().__init__(folder, *())
        self.plan = faults
