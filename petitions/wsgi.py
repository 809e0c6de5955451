"""The parts of WSGI (PEP 3333), for whoever stands in front of Django.

Not by `wsgiref.types`, whose `StartResponse` hands out a `write`: who waits for Django's answer, to
look at it first, has none to give, and Django asks for none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


def read_all(chunks: Iterable[bytes]) -> bytes:
    """The whole body of an answer of Django's, whose request ends here."""
    try:
        return b"".join(chunks)
    finally:
        chunks.close()  # type: ignore[attr-defined]  # WSGI's own way
