"""Asks a real server over a socket, byte by byte as the request says; nothing is made right on the way."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from fuzz.judging import Answer
from fuzz.requests import Request

HOST = "127.0.0.1"
PATIENCE_SECONDS = 60.0


class NoAnswer(Exception):
    """The server hung up, or said something that is no HTTP."""


class Line:
    """One connection, kept as long as the server keeps it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, request: Request) -> Answer:
        """Ask, once more on a new connection if the server had closed the old one meanwhile.

        Raises:
            NoAnswer: it hung up on the new one, too.
        """
        was_open = self._socket is not None
        try:
            return self._ask(request)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if not was_open:
                raise NoAnswer(f"{type(error).__name__}: {error}") from error
        return self.ask(request)

    def _ask(self, request: Request) -> Answer:
        if self._socket is None:
            self._socket = socket.create_connection((HOST, self._port), timeout=PATIENCE_SECONDS)
        # A server that refuses a body may hang up before it has all; its answer is there to be read.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(as_bytes(request))
        response = http.client.HTTPResponse(self._socket, method=request.method)
        response.begin()
        answer = Answer(response.status, response.getheaders(), response.read())
        if response.will_close:
            self.close()
        response.close()
        return answer

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None


@contextmanager
def line(port: int) -> Iterator[Line]:
    opened = Line(port)
    try:
        yield opened
    finally:
        opened.close()


def as_bytes(request: Request) -> bytes:
    head = [f"{request.line} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers)]
    if request.body or request.method in {"POST", "PUT", "PATCH"}:
        head.append(f"Content-Length: {len(request.body)}")
    return "\r\n".join([*head, "", ""]).encode("latin-1") + request.body
