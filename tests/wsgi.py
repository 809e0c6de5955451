"""Asks a WSGI application as a server would, without Django's test client in between."""

import io
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self):
        return self.body.decode()


def ask(application, path, *, method="GET", body=b"", query="", length=None, **headers) -> Answer:
    """Headers by their names, as in If_None_Match=…"""
    host = settings.ALLOWED_HOSTS[0]
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": host,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": host,
        "CONTENT_LENGTH": str(len(body)) if length is None else length,
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
    }
    started = []
    with the_tests_connection():
        chunks = application(environ, lambda status, headers: started.append((status, headers)))
        content = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()
    ((status, sent),) = started
    return Answer(int(status.split()[0]), dict(sent), content)


@contextmanager
def the_tests_connection():
    """A request that ends would give back the connection that the test is in the middle of."""
    ends = (request_started, request_finished)
    connected = [signal for signal in ends if signal.disconnect(close_old_connections)]
    try:
        yield
    finally:
        for signal in connected:
            signal.connect(close_old_connections)
