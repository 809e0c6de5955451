"""Hybrid post-quantum key pairs, each grown from one 32-byte seed.

A seed is what is backed up, split into shares and destroyed. It is stretched with SHAKE-256 into
an ML-KEM-768 seed (64 bytes) and an X25519 key (32 bytes), as X-Wing does
(draft-connolly-cfrg-xwing-kem, section 5.2), because the pair itself has no serialisation.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519

SEED_BYTES = 32
MLKEM_PUBLIC_BYTES = 1184
EPOCH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])[a-z]")


class VaultError(Exception):
    """Something about keys or boxes is not as it must be; says what, never whose."""

    # So its words may stand in a log: campaign/logs.py.
    says_nothing_of_people = True


class Purpose(StrEnum):
    """What a key pair is for."""

    MAIL = "mail"
    SIGNATURE = "signature"


class Secret(StrEnum):
    """What a role may hold; the value is the folder's name."""

    MAIL_KEYS = "mail"
    SIGNATURE_KEYS = "signature"
    PEPPER = "pepper"
    LEDGER = "ledger"


def is_epoch(text: str) -> bool:
    """Whether this names an epoch: a month and a letter, as in 2026-11a."""
    return EPOCH.fullmatch(text) is not None


def key_id(purpose: Purpose, epoch: str) -> str:
    return f"{purpose}-{epoch}"


class GrownFromSeed:
    """A key pair; `seed` is all there is to keep of it."""

    seed: bytes

    def pair(self) -> hpke.MLKEM768X25519PrivateKey:
        return hpke.MLKEM768X25519PrivateKey(*self._parts())

    def public_bytes(self) -> bytes:
        """The ML-KEM-768 public key, then the X25519 public key: 1,216 bytes."""
        kem, curve = self._parts()
        return kem.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()

    def _parts(self) -> tuple[mlkem.MLKEM768PrivateKey, x25519.X25519PrivateKey]:
        stretched = hashlib.shake_256(self.seed).digest(96)
        return (
            mlkem.MLKEM768PrivateKey.from_seed_bytes(stretched[:64]),
            x25519.X25519PrivateKey.from_private_bytes(stretched[64:]),
        )


@dataclass(frozen=True)
class PrivateKey(GrownFromSeed):
    purpose: Purpose
    epoch: str
    seed: bytes = field(repr=False)  # a traceback or a log line must not show it

    @classmethod
    def generate(cls, purpose: Purpose, epoch: str) -> PrivateKey:
        return cls(purpose, epoch, secrets.token_bytes(SEED_BYTES))


def public_key(raw: bytes) -> hpke.MLKEM768X25519PublicKey:
    """The public key in `raw`, as `public_bytes` writes it.

    Raises:
        ValueError: these bytes are no such key.
    """
    return hpke.MLKEM768X25519PublicKey(
        mlkem.MLKEM768PublicKey.from_public_bytes(raw[:MLKEM_PUBLIC_BYTES]),
        x25519.X25519PublicKey.from_public_bytes(raw[MLKEM_PUBLIC_BYTES:]),
    )
