"""An open-loop load generator: each request goes out when it is due, however slow the answers are.

Its latency counts from when it was due: a server that stands still pays for all who came meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from bench.load import BODY_SHOWN, HEADERS_END, content_length
from bench.server import HOST

# Connections that are kept open between requests, as a proxy does it. The server takes no more than
# a thousand, busy or not, so that idle ones would keep those out who wait.
IDLE = 32
# Seconds after which a reader gives up.
PATIENCE = 60


@dataclass(frozen=True)
class Due:
    """A request, and how many seconds after the beginning it is sent."""

    after: float
    request: bytes


@dataclass(frozen=True)
class Answer:
    """What came back; no head where the connection broke or patience did. Times are monotonic."""

    due_at: float
    at: float
    head: bytes
    body: bytes

    @property
    def seconds(self) -> float:
        return self.at - self.due_at

    @property
    def status(self) -> int:
        return int(self.head.split(b" ", 2)[1]) if self.head else 0

    def words(self) -> str:
        if not self.head:
            return f"No answer in {self.seconds:.1f} s."
        return (self.head + HEADERS_END + self.body[:BODY_SHOWN]).decode(errors="replace")


def evenly(requests: Iterable[bytes], *, rate: float, seconds: float) -> Iterator[Due]:
    """So many a second."""
    for number, request in zip(range(int(rate * seconds)), requests, strict=False):
        yield Due(number / rate, request)


def ask(port: int, dues: Iterable[Due], take: Callable[[Due, Answer], object]) -> None:
    """Send each when it is due; `take` gets them with their answers, as these come."""
    asyncio.run(_Crowd(port, take).ask(dues))


class _Crowd:
    """As many connections as there are requests under way."""

    def __init__(self, port: int, take: Callable[[Due, Answer], object]) -> None:
        self.port = port
        self.take = take
        self.idle: list[_Line] = []

    async def ask(self, dues: Iterable[Due]) -> None:
        began = time.monotonic()
        async with asyncio.TaskGroup() as under_way:
            for due in dues:
                await asyncio.sleep(max(0, began + due.after - time.monotonic()))
                under_way.create_task(self._ask_one(due, began + due.after))
        for line in self.idle:
            line.transport.abort()

    async def _ask_one(self, due: Due, due_at: float) -> None:
        head, body = b"", b""
        # Whoever gets no answer is counted by the empty head.
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                line = await self._line()
                head, body = await line.ask(due.request)
                self._keep(line)
        self.take(due, Answer(due_at, time.monotonic(), head, body))

    def _keep(self, line: _Line) -> None:
        if len(self.idle) < IDLE:
            self.idle.append(line)
        else:
            line.transport.abort()

    async def _line(self) -> _Line:
        while self.idle:
            line = self.idle.pop()
            if not line.transport.is_closing():
                return line
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(_Line, HOST, self.port)
        return line


class _Line(asyncio.Protocol):
    """One connection with one request under way."""

    transport: asyncio.Transport
    answer: asyncio.Future[tuple[bytes, bytes]]

    async def ask(self, request: bytes) -> tuple[bytes, bytes]:
        """The head and the body."""
        self.answer = asyncio.get_running_loop().create_future()
        self.received = b""
        self.transport.write(request)
        try:
            return await self.answer
        finally:
            if not self.answer.done() or self.answer.cancelled():
                self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, body = self.received.partition(HEADERS_END)
        if found and len(body) >= content_length(head) and not self.answer.done():
            self.answer.set_result((head, body))

    def connection_lost(self, error: Exception | None) -> None:
        self.transport.abort()
        if hasattr(self, "answer") and not self.answer.done():
            self.answer.set_exception(error or ConnectionResetError())
