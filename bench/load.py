"""A load generator that costs little: some connections, each with one request under way."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.server import HOST

CONNECTIONS = 16
HEADERS_END = b"\r\n\r\n"
# So much of a wrong answer's body says what went wrong.
BODY_SHOWN = 500


class WrongAnswer(Exception):
    """The server did not do what is measured."""


@dataclass(frozen=True)
class Load:
    """Requests to send over and over, and how each answer must begin."""

    requests: Sequence[bytes]
    status: bytes


def requests_a_second(port: int, load: Load, *, seconds: float) -> float:
    """What the server answers in that time, by the number of full answers.

    Raises:
        WrongAnswer: an answer had another status.
    """
    return asyncio.run(_measure(port, load, seconds))


async def _measure(port: int, load: Load, seconds: float) -> float:
    loop = asyncio.get_running_loop()
    requests = itertools.cycle(load.requests)
    talks = [
        (await loop.create_connection(lambda: _Talk(requests, load.status), HOST, port))[1]
        for _ in range(CONNECTIONS)
    ]
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    answers = sum(talk.answers for talk in talks)
    elapsed = time.perf_counter() - started
    for talk in talks:
        talk.transport.abort()
    wrong = [talk.wrong for talk in talks if talk.wrong]
    if wrong:
        raise WrongAnswer(wrong[0].decode(errors="replace"))
    return answers / elapsed


class _Talk(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, requests: Iterator[bytes], status: bytes) -> None:
        self.requests = requests
        self.status = b"HTTP/1.1 " + status
        self.answers = 0
        self.wrong = b""
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self.transport = transport
        transport.write(next(self.requests))

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, body = self.received.partition(HEADERS_END)
        if not found or len(body) < content_length(head):
            return
        if not head.startswith(self.status):
            self.wrong = head + HEADERS_END + body[:BODY_SHOWN]
            return
        self.answers += 1
        self.received = b""
        self.transport.write(next(self.requests))


def content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {HOST}",
        f"Content-Length: {len(body)}",
        "Content-Type: application/x-www-form-urlencoded",
        "Sec-Fetch-Site: same-origin",
        *headers,
    ]
    return "\r\n".join(lines).encode() + HEADERS_END + body
