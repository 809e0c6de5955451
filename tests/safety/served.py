"""The public pages from the real server, as `deploy/` starts it, and bytes sent to it by hand."""

import socket
import time
from contextlib import closing, suppress

HOST = "asks.example"
LINE = "\r\n"


def request(path="/robots.txt", *lines, method="GET", body=""):
    head = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", "X-Forwarded-Proto: https", *lines]
    return (LINE.join([*head, "", ""]) + body).encode("latin-1")


def said(port, sent, *, patience=4.0):
    """All that the server answers until it hangs up, or has been silent for a moment."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=patience)) as line:
        with suppress(BrokenPipeError, ConnectionResetError):
            line.sendall(sent)
        return read_all(line)


def read_all(line):
    received = b""
    while True:
        try:
            chunk = line.recv(65536)
        except (TimeoutError, ConnectionResetError):
            return received
        if not chunk:
            return received
        received += chunk
        line.settimeout(0.5)


def statuses(answer):
    """Of each answer on the line, in their order."""
    return [int(part[1:4]) for part in answer.split(b"HTTP/1.1")[1:]]


def seconds_of(port, sent):
    began = time.monotonic()
    assert statuses(said_once(port, sent))
    return time.monotonic() - began


def said_once(port, sent):
    with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as line:
        line.sendall(sent)
        return line.recv(65536)
