"""Files that only their exporter opens: age (C2SP), to the key that the exporter gave us."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import pyrage


class NoRecipient(Exception):
    """This is no public key of age."""


class Writer(Protocol):
    def write(self, data: bytes) -> int: ...


def recipient_in(typed: str) -> str:
    """The recipient ("age1…") in what was typed.

    Raises:
        NoRecipient: it is something else, such as a private key.
    """
    text = typed.strip().lower()
    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise NoRecipient from error
    return text


def encrypt(plain: Iterator[bytes], out: Writer, *, recipient: str) -> None:
    """Write what comes to `out`, encrypted as it comes. What `plain` or `out` raise is raised."""
    source, sink = _Source(plain), _Caught(out)
    try:
        pyrage.encrypt_io(source, sink, [pyrage.x25519.Recipient.from_str(recipient)])
    except Exception:
        # What comes back has been through another language, and is not what was raised.
        if fault := source.fault or sink.fault:
            raise fault from None
        raise


class _Source:
    """A file to be read, of what comes in pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._waiting = memoryview(b"")
        self.fault: Exception | None = None

    def read(self, count: int) -> bytes:
        try:
            while not self._waiting:
                self._waiting = memoryview(next(self._pieces))
        except StopIteration:
            return b""
        except Exception as fault:
            self.fault = fault
            raise
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return bytes(taken)


class _Caught:
    def __init__(self, out: Writer) -> None:
        self._out = out
        self.fault: Exception | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._out.write(bytes(data))
        except Exception as fault:
            self.fault = fault
            raise

    def flush(self) -> None:
        pass
