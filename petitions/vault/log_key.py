"""The key that signs the public log's checkpoints: Ed25519, the deliverer's alone.

    public/ledger.json    the public key
    ledger/ledger.json    its seed

The deliverer remembers the newest head that it signed of each log (petitions/ledger/memory.py).

No copy of it need be kept: it opens nothing. Where it is lost another one is made, and whoever
checks the log is told the new public key.
"""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from petitions.vault.files import reachable, write_json
from petitions.vault.keyring import Keyring, KeysUnavailable, read_key_file, secret_bytes
from petitions.vault.keys import SEED_BYTES, Secret


def has_log_key(keyring: Keyring) -> bool:
    """Whether this campaign has one, here or elsewhere."""
    return reachable(_public_path(keyring))


def generate_log_key(keyring: Keyring) -> None:
    """Make and store one; it takes the place of one that was lost."""
    seed = secrets.token_bytes(SEED_BYTES)
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    write_json(_private_path(keyring), {"seed": seed.hex()}, secret=True)
    write_json(_public_path(keyring), {"public_key": b64encode(public).decode()}, secret=False)


def public_log_key(keyring: Keyring) -> bytes:
    """The Ed25519 public key, 32 bytes.

    Raises:
        KeysUnavailable: it is missing or damaged.
    """
    path = _public_path(keyring)
    try:
        raw = b64decode(read_key_file(path)["public_key"], validate=True)
    except (KeyError, TypeError, ValueError) as error:
        raise KeysUnavailable(f"{path} holds no public key.") from error
    if len(raw) != SEED_BYTES:
        raise KeysUnavailable(f"{path} holds no public key.")
    return raw


def private_log_key(keyring: Keyring) -> Ed25519PrivateKey:
    """
    Raises:
        KeysUnavailable: it is missing or damaged, or not the one that belongs here.
    """
    path = _private_path(keyring)
    if not reachable(path):
        raise KeysUnavailable(f"The public log's key is missing: {path}.")
    key = Ed25519PrivateKey.from_private_bytes(secret_bytes(path, "seed", "public log's key"))
    if key.public_key().public_bytes_raw() != public_log_key(keyring):
        raise KeysUnavailable(
            f"The public log's key in {path} is not the one in {_public_path(keyring)}."
        )
    return key


def _public_path(keyring: Keyring) -> Path:
    return keyring.directory / "public" / "ledger.json"


def _private_path(keyring: Keyring) -> Path:
    return keyring.directory / Secret.LEDGER / "ledger.json"
