"""A box: one row's data, padded, sealed to one epoch's public key and bound to its row.

Layout: version (1 byte), epoch (8 ASCII bytes), then HPKE's encapsulated key and ciphertext
(RFC 9180; ML-KEM-768 + X25519, HKDF-SHA-256, AES-256-GCM).
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke

from petitions.vault.keys import Purpose, VaultError, is_epoch, key_id

VERSION = 1
EPOCH_BYTES = 8
HEADER_BYTES = 1 + EPOCH_BYTES
LENGTH_BYTES = 4
SMALLEST_PADDED = 512

SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


class CannotOpen(VaultError):
    """This box does not open: another row's, another key's, cut or changed."""


def seal(
    data: bytes,
    *,
    purpose: Purpose,
    epoch: str,
    key: hpke.MLKEM768X25519PublicKey,
    context: str,
) -> bytes:
    info = _info(purpose, epoch, context)
    return header(epoch) + SUITE.encrypt(pad(data), key, info)


def open_box(
    box: bytes, *, purpose: Purpose, key: hpke.MLKEM768X25519PrivateKey, context: str
) -> bytes:
    """What `seal` was given.

    Raises:
        CannotOpen: the box is not this key's, not this row's, or was changed.
    """
    epoch = epoch_of(box)
    try:
        padded = SUITE.decrypt(box[HEADER_BYTES:], key, _info(purpose, epoch, context))
    except (InvalidTag, ValueError) as error:
        raise CannotOpen(f"A box of epoch {epoch} does not open.") from error
    return unpad(padded)


def epoch_of(box: bytes) -> str:
    """The epoch of the key that a box is sealed to; its first 9 bytes are enough.

    Raises:
        CannotOpen: this is no box.
    """
    if len(box) < HEADER_BYTES or box[0] != VERSION:
        raise CannotOpen("This is no sealed box, or one of an unknown version.")
    # Latin-1 takes any byte, so that what may be in an epoch is said in one place.
    epoch = box[1:HEADER_BYTES].decode("latin-1")
    if not is_epoch(epoch):
        raise CannotOpen("This box names no epoch.")
    return epoch


def header(epoch: str) -> bytes:
    """The first 9 bytes of every box of an epoch."""
    return bytes([VERSION]) + epoch.encode("ascii")


def _info(purpose: Purpose, epoch: str, context: str) -> bytes:
    return f"five-asks box v{VERSION}|{key_id(purpose, epoch)}|{context}".encode()


def pad(data: bytes) -> bytes:
    """Length, data, zeros up to a power of two: a box's size tells little of what is in it."""
    framed = len(data).to_bytes(LENGTH_BYTES, "big") + data
    size = max(SMALLEST_PADDED, 1 << (len(framed) - 1).bit_length())
    return framed.ljust(size, b"\0")


def unpad(padded: bytes) -> bytes:
    end = LENGTH_BYTES + int.from_bytes(padded[:LENGTH_BYTES], "big")
    if not LENGTH_BYTES <= end <= len(padded):
        # Everybody has the public key, so a box that opens need not be one of ours.
        raise CannotOpen("A box opens, but was not packed by this program.")
    return padded[LENGTH_BYTES:end]
