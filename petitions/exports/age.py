"""Files that only who has the other half of a key opens: age (C2SP), written and read as they come."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO, Protocol

import pyrage

READ_AT_ONCE = 64 * 1024


class NoRecipient(Exception):
    """This is no public key of age."""


class NoIdentity(Exception):
    """This is no private key of age."""


class WrongKey(Exception):
    """The file is encrypted to other keys, or its first lines were changed."""


class NotWhole(Exception):
    """The file ends too early, was changed, or is none of age's."""


class Writer(Protocol):
    def write(self, data: bytes) -> int: ...


class Reader(Protocol):
    def read(self, count: int, /) -> bytes: ...


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


def make_identity() -> tuple[str, str]:
    """A new private key ("AGE-SECRET-KEY-1…") and its recipient."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def identities_in(text: str) -> list[str]:
    """The private keys in a file as `age-keygen` writes it.

    Raises:
        NoIdentity: there is none, or a line is none.
    """
    lines = [line.strip() for line in text.splitlines()]
    found = [line for line in lines if line and not line.startswith("#")]
    try:
        for line in found:
            pyrage.x25519.Identity.from_str(line)
    except pyrage.IdentityError as error:
        raise NoIdentity from error
    if not found:
        raise NoIdentity
    return found


def encrypt(plain: Iterator[bytes], out: Writer, *, recipients: Sequence[str]) -> None:
    """Write what comes to `out`, encrypted as it comes, so that each of the recipients can open it.

    What `plain` or `out` raise is raised.
    """
    source, sink = _Source(plain), _Caught(out)
    try:
        pyrage.encrypt_io(source, sink, [*map(pyrage.x25519.Recipient.from_str, recipients)])
    except Exception:
        # What comes back has been through another language, and is not what was raised.
        if fault := source.fault or sink.fault:
            raise fault from None
        raise


class Opened:
    """What was encrypted, as far as it has been opened. Who has read all of it calls `finish`.

    Each part is authentic when it comes, and in its place; whether the file is whole, only its end
    tells. All raise `WrongKey`, `NotWhole`, and what reading the file raises.
    """

    def __init__(self, pipe: BinaryIO, opening: Future[None]) -> None:
        self._pipe = pipe
        self._opening = opening

    def take(self, count: int) -> bytes:
        """So many bytes and no fewer."""
        taken = self._pipe.read(count)
        if len(taken) < count:
            self._opening.result()
            raise NotWhole
        return taken

    def finish(self) -> None:
        if self._pipe.read(1):
            raise NotWhole
        self._opening.result()


@contextmanager
def opened(file: Reader, *, identities: Sequence[str]) -> Iterator[Opened]:
    """Reads no more of the file than is asked for: a pipe is between, and another thread opens."""
    read_end, write_end = os.pipe()
    with ThreadPoolExecutor(1) as other, os.fdopen(read_end, "rb") as pipe:
        yield Opened(pipe, other.submit(_open, file, write_end, identities))


def _open(file: Reader, write_end: int, identities: Sequence[str]) -> None:
    source = _Source(iter(partial(file.read, READ_AT_ONCE), b""))
    keys = [*map(pyrage.x25519.Identity.from_str, identities)]
    try:
        with os.fdopen(write_end, "wb") as pipe:
            pyrage.decrypt_io(source, pipe, keys)
    except (pyrage.DecryptError, OSError) as error:
        if source.fault:
            raise source.fault from None
        # It has one class for all, and tells them apart by its words.
        raise WrongKey if "No matching keys" in str(error) else NotWhole from error


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
