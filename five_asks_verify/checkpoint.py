"""A checkpoint: how many leaves a log has and their root, signed (C2SP tlog-checkpoint).

The note is text: the log's origin, its size and its root in base64, an empty line, and one line a
signature (C2SP signed-note): the log's own, Ed25519, and those of witnesses who have seen that it
only grew (C2SP tlog-cosignature).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from five_asks_verify.merkle import HASH_BYTES

ED25519 = 1
COSIGNATURE = 4
KEY_ID_BYTES = 4
TIME_BYTES = 8
LATEST_TIME = 2**63 - 1
SIGNATURE_LINE = "\N{EM DASH} "
BODY_LINES = 3
# Fifteen digits, as places have in entries.
SIZE = re.compile(r"0|[1-9][0-9]{0,14}")
NAME = re.compile(r"[^\s+]+")


class NotACheckpoint(ValueError):
    """A note that says nothing, or that none of the expected keys has signed; says why."""


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True)
class VerifierKey:
    """A public key with its name: `name+id+key`, as C2SP signed-note writes it."""

    name: str
    kind: int
    raw: bytes

    @property
    def id(self) -> bytes:
        return sha256(f"{self.name}\n".encode() + bytes([self.kind]) + self.raw).digest()[:4]

    def __str__(self) -> str:
        encoded = base64.b64encode(bytes([self.kind]) + self.raw).decode()
        return f"{self.name}+{self.id.hex()}+{encoded}"

    @classmethod
    def read(cls, text: str) -> VerifierKey:
        """
        Raises:
            ValueError: it is no such key, or another one's id stands in it.
        """
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        raw = _bytes(encoded)
        if (
            not NAME.fullmatch(name)
            or len(raw) != 1 + HASH_BYTES
            or raw[0] not in {ED25519, COSIGNATURE}
        ):
            raise ValueError("This is no Ed25519 key of the form name+id+key.")
        key = cls(name, raw[0], raw[1:])
        if key.id.hex() != key_id:
            raise ValueError("The key's id does not fit the key: it was copied wrongly.")
        return key

    def has_signed(self, text: str, signature: bytes) -> bool:
        """Whether this key has signed the note's text; a witness signs the time as well."""
        message = text.encode()
        if self.kind == COSIGNATURE:
            time = int.from_bytes(signature[:TIME_BYTES])
            if time > LATEST_TIME:
                return False
            message = f"cosignature/v1\ntime {time}\n".encode() + message
            signature = signature[TIME_BYTES:]
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            # The second where the key's bytes are no point of the curve.
            return False
        return True


def key_of(name: str, private: Ed25519PrivateKey) -> VerifierKey:
    return VerifierKey(name, ED25519, private.public_key().public_bytes_raw())


def signatures_by(key: VerifierKey, note: str) -> list[str]:
    """The lines below a note by which `key` has signed it.

    Raises:
        NotACheckpoint: it is no signed note.
    """
    text, signatures = _split_note(note)
    return [
        signature_line(key, value)
        for name, key_id, value in signatures
        if (name, key_id) == (key.name, key.id) and key.has_signed(text, value)
    ]


def sign(checkpoint: Checkpoint, private: Ed25519PrivateKey) -> str:
    """The note, signed by the log itself."""
    text = str(checkpoint)
    key = key_of(checkpoint.origin, private)
    return f"{text}\n{signature_line(key, private.sign(text.encode()))}"


def signature_line(key: VerifierKey, signature: bytes) -> str:
    encoded = base64.b64encode(key.id + signature).decode()
    return f"{SIGNATURE_LINE}{key.name} {encoded}\n"


def open_note(note: str, key: VerifierKey, witnesses: Iterable[VerifierKey] = ()) -> Checkpoint:
    """The checkpoint that `key`, and each of the witnesses, has signed.

    Lines of other keys are passed over, as the standard asks, and a false line of one of these
    keys makes the whole note false.

    Raises:
        NotACheckpoint: one of them has not, or the text is no checkpoint of this log.
    """
    text, signatures = _split_note(note)
    for each in (key, *witnesses):
        signed = [
            value for name, key_id, value in signatures if (name, key_id) == (each.name, each.id)
        ]
        if not signed or not all(each.has_signed(text, value) for value in signed):
            raise NotACheckpoint(f"{each.name} has not signed this checkpoint.")
    checkpoint = read_checkpoint(text)
    if checkpoint.origin != key.name:
        raise NotACheckpoint(f"It is the checkpoint of another log: {checkpoint.origin}.")
    return checkpoint


def read_checkpoint(note: str) -> Checkpoint:
    """What a note says, whoever has signed it.

    Raises:
        NotACheckpoint: it says nothing.
    """
    lines = note.split("\n")
    if len(lines) <= BODY_LINES or not lines[0]:
        raise NotACheckpoint("It does not begin with an origin, a size and a root.")
    root = _bytes(lines[2])
    if len(root) != HASH_BYTES or not SIZE.fullmatch(lines[1]):
        raise NotACheckpoint("Its size or its root is none.")
    return Checkpoint(lines[0], int(lines[1]), root)


def _split_note(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    text, separator, rest = note.partition("\n\n")
    if not separator or not rest.endswith("\n"):
        raise NotACheckpoint("It is no signed note: the signatures are missing.")
    return f"{text}\n", [_read_signature(line) for line in rest[:-1].split("\n")]


def _read_signature(line: str) -> tuple[str, bytes, bytes]:
    name, _, encoded = line.removeprefix(SIGNATURE_LINE).partition(" ")
    raw = _bytes(encoded)
    if not line.startswith(SIGNATURE_LINE) or not NAME.fullmatch(name) or len(raw) <= KEY_ID_BYTES:
        raise NotACheckpoint("A line below its text is no signature.")
    return name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:]


def _bytes(encoded: str) -> bytes:
    """Empty where it is no base64."""
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return b""
