"""What only the holder of a link's secret can open.

A key pair grows from the secret (HKDF, RFC 5869), another one for each context. Whoever is given
its public half can seal to the holder and can't open what was sealed; nobody keeps the private
half, which comes into being when the holder shows the secret, and is gone with the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from petitions.vault.boxes import SUITE, CannotOpen, pad, unpad
from petitions.vault.keys import SEED_BYTES, GrownFromSeed, public_key

VERSION = 1
# A key seals one box, so it needs no other nonce.
NONCE = bytes(12)


@dataclass(frozen=True)
class HolderKey(GrownFromSeed):
    context: str
    seed: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: str, context: str) -> HolderKey:
        """The key of whoever holds `secret`, a random token of 256 bits, for one context."""
        grow = HKDF(SHA256(), length=SEED_BYTES, salt=None, info=_info(context))
        return cls(context, grow.derive(secret.encode()))

    def open(self, box: bytes) -> bytes:
        """What was sealed to this holder in this context.

        Raises:
            CannotOpen: it was sealed to another holder or for another context, or was changed.
        """
        if box[:1] != bytes([VERSION]):
            raise CannotOpen("This is no holder's box, or one of an unknown version.")
        try:
            padded = SUITE.decrypt(box[1:], self.pair(), _info(self.context))
        except (InvalidTag, ValueError) as error:
            raise CannotOpen("This box is another holder's, or was changed.") from error
        return unpad(padded)


def seal_to_holder(data: bytes, *, public_bytes: bytes, context: str) -> bytes:
    """Seal `data` so that only the holder opens it.

    Raises:
        ValueError: `public_bytes` is no public key.
    """
    return bytes([VERSION]) + SUITE.encrypt(pad(data), public_key(public_bytes), _info(context))


def seal_by_secret(data: bytes, *, secret: str, context: str) -> bytes:
    """The same for who has the secret now, and will show it again: no key pair is needed."""
    return bytes([VERSION]) + _cipher(secret, context).encrypt(NONCE, pad(data), None)


def open_by_secret(box: bytes, *, secret: str, context: str) -> bytes:
    """
    Raises:
        CannotOpen: it was sealed by another secret or for another context, or was changed.
    """
    if box[:1] != bytes([VERSION]):
        raise CannotOpen("This is no holder's box, or one of an unknown version.")
    try:
        return unpad(_cipher(secret, context).decrypt(NONCE, box[1:], None))
    except InvalidTag as error:
        raise CannotOpen("This box is another holder's, or was changed.") from error


def _cipher(secret: str, context: str) -> AESGCM:
    """Of a key that seals once: each secret is a random token, and each context has its own."""
    grow = HKDF(SHA256(), length=SEED_BYTES, salt=None, info=_info(f"once|{context}"))
    return AESGCM(grow.derive(secret.encode()))


def _info(context: str) -> bytes:
    return f"five-asks holder v{VERSION}|{context}".encode()
