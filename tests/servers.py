"""Servers that misbehave."""

import contextlib
import socket


@contextlib.contextmanager
def silent_server():
    """It takes every call and never says a word; yields its port."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(128)
        yield server.getsockname()[1]
