"""What only the holder of a link's secret can open.

A key pair grows from the secret (HKDF, RFC 5869), another one for each context. Whoever is given
its public half can seal to the holder and can't open what was sealed; nobody keeps the private
half, which comes into being when the holder shows the secret, and is gone with the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from petitions.vault.boxes import SUITE, CannotOpen, pad, unpad
from petitions.vault.keys import SEED_BYTES, GrownFromSeed, public_key

VERSION = 1


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


def _info(context: str) -> bytes:
    return f"five-asks holder v{VERSION}|{context}".encode()
