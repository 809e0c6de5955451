"""Asks a WSGI application in this process, as a server would that lets everything through."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import unquote_to_bytes

from fuzz.judging import Answer
from fuzz.requests import Request, Site
from petitions.wsgi import Application


def ask(application: Application, request: Request, site: Site) -> Answer:
    started: list[tuple[str, list[tuple[str, str]]]] = []
    chunks = application(
        environment(request, site),
        lambda status, headers, _=None: started.append((status, headers)),
    )
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    ((status, headers),) = started
    return Answer(int(status.split()[0]), headers, body)


def environment(request: Request, site: Site) -> dict[str, Any]:
    """PEP 3333: bytes stand in it as Latin-1 letters; of a header sent twice the last one counts."""
    found = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query.decode("latin-1"),
        "SERVER_NAME": site.host,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in request.headers:
        key = name.upper().replace("-", "_")
        found[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return found
