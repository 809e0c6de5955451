"""The folder of keys: what lies in it, and how keys are made, activated, recovered, destroyed.

    public/mail-2026-11a.json        a public key and its canary; everybody may read these
    public/signature-2026-11a.json
    public/active.json               which epoch seals new rows, by purpose
    public/pepper.json               the pepper's canary
    mail/2026-11a.json               private: the mailer's
    signature/2026-11a.json          private: the deliverer's and the organizers'
    pepper/pepper.json               private: the mailer's, and the organizers' for search
    ledger/                          private: the deliverer's; see log_key.py

Each machine holds `public/` and the folders that its role may have.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from base64 import b64decode, b64encode
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hpke

from petitions.vault import boxes
from petitions.vault.files import (
    erase,
    locked,
    open_to_strangers,
    reachable,
    read_json,
    write_json,
)
from petitions.vault.keys import (
    SEED_BYTES,
    PrivateKey,
    Purpose,
    Secret,
    VaultError,
    is_epoch,
    key_id,
    public_key,
)

CANARY = b"canary"
CANARY_CONTEXT = "canary"


class KeysUnavailable(VaultError):
    """A key or the pepper is missing, wrong or unreadable; the message says which."""


@dataclass(frozen=True)
class PublicKey:
    raw: bytes
    canary: bytes
    destroyed_on: str | None

    def key(self) -> hpke.MLKEM768X25519PublicKey:
        return public_key(self.raw)


class Keyring:
    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def locked(self) -> AbstractContextManager[None]:
        """Hold this while keys are changed, so that two commands don't do it at once."""
        return locked(self.directory)

    # --- Looking

    def secrets_within_reach(self) -> frozenset[Secret]:
        """The secrets that lie in this folder, whatever their files are called."""
        return frozenset(secret for secret in Secret if _holds_anything(self.directory / secret))

    def epochs(self, purpose: Purpose) -> list[str]:
        """The epochs with a public or a private key here, oldest first."""
        public = (self.directory / "public").glob(f"{purpose}-*.json")
        private = (self.directory / purpose).glob("*.json")
        names = {path.stem.removeprefix(f"{purpose}-") for path in [*public, *private]}
        return sorted(filter(is_epoch, names))

    def has_active_keys(self) -> bool:
        return reachable(self._active_path)

    def active_epochs(self) -> dict[Purpose, str]:
        """The epochs that new rows are sealed to.

        Raises:
            KeysUnavailable: nobody has said so, or not of each purpose.
        """
        if not self.has_active_keys():
            raise KeysUnavailable("No active keys: run 'manage.py vault generate'.")
        active = read_key_file(self._active_path)
        for purpose in Purpose:
            if not _names_epoch(active.get(purpose)):
                raise KeysUnavailable(f"{self._active_path} names no {purpose} key.")
        return {purpose: active[purpose] for purpose in Purpose}

    def public_key(self, purpose: Purpose, epoch: str) -> PublicKey:
        """
        Raises:
            KeysUnavailable: it is missing or damaged, or this is another key's file.
        """
        path = self._public_path(purpose, epoch)
        content = read_key_file(path)
        if (content.get("purpose"), content.get("epoch")) != (purpose, epoch):
            raise KeysUnavailable(f"{path} is another key's file.")
        try:
            public = PublicKey(
                b64decode(content["public_key"], validate=True),
                b64decode(content["canary"], validate=True),
                content.get("destroyed_on"),
            )
            public.key()
        except (KeyError, TypeError, ValueError) as error:
            raise KeysUnavailable(f"{path} holds no public key.") from error
        return public

    def has_private_key(self, purpose: Purpose, epoch: str) -> bool:
        return reachable(self._private_path(purpose, epoch))

    def private_key(self, purpose: Purpose, epoch: str) -> PrivateKey:
        """The private key of an epoch, after it has opened its canary.

        Raises:
            KeysUnavailable: it is missing, unreadable, or another epoch's.
        """
        name = f"{purpose} key of epoch {epoch}"
        path = self._private_path(purpose, epoch)
        if not reachable(path):
            raise KeysUnavailable(f"The {name} is missing: {path}.")
        key = PrivateKey(purpose, epoch, secret_bytes(path, "seed", name))
        self.open_canary(key)
        return key

    def open_canary(self, key: PrivateKey) -> None:
        """Make sure that `key` is the one its epoch's public key belongs to.

        Raises:
            KeysUnavailable: it is not, or there is no such public key.
        """
        public = self.public_key(key.purpose, key.epoch)
        wrong = KeysUnavailable(
            f"The {key.purpose} key of epoch {key.epoch} does not open its canary:"
            " it is another key, or was damaged."
        )
        if key.public_bytes() != public.raw:
            raise wrong
        try:
            boxes.open_box(
                public.canary, purpose=key.purpose, key=key.pair(), context=CANARY_CONTEXT
            )
        except boxes.CannotOpen as error:
            raise wrong from error

    def has_pepper(self) -> bool:
        """Whether this campaign has one, here or elsewhere."""
        return reachable(self._pepper_canary_path)

    def is_pepper(self, pepper: bytes) -> bool:
        """
        Raises:
            KeysUnavailable: there is no canary to compare it with.
        """
        canary = read_key_file(self._pepper_canary_path).get("canary")
        return hmac.compare_digest(_pepper_canary(pepper), str(canary).encode())

    def read_pepper(self) -> bytes:
        """The pepper, after it has been compared with its canary.

        Raises:
            KeysUnavailable: it is missing, short, or another campaign's.
        """
        if not reachable(self._pepper_path):
            raise KeysUnavailable(f"The pepper is missing: {self._pepper_path}.")
        pepper = secret_bytes(self._pepper_path, "pepper", "pepper")
        if not self.is_pepper(pepper):
            raise KeysUnavailable("The pepper is not the one that belongs to this campaign.")
        return pepper

    def open_to_strangers(self) -> list[Path]:
        """Private files that other users of this machine may read, as far as folders let them."""
        folders = [self.directory / secret for secret in Secret]
        return [
            path
            for folder in folders
            if open_to_strangers(folder)
            for path in sorted(folder.iterdir())
            if open_to_strangers(path)
        ]

    # --- Keeping

    def generate_key(self, purpose: Purpose, epoch: str) -> PrivateKey:
        """Make and store a key pair; it seals nothing until it is activated.

        Raises:
            VaultError: that epoch has a key already, or is none.
        """
        if not is_epoch(epoch):
            raise VaultError(f"{epoch!r} is no epoch: it is a month and a letter, as 2026-11a.")
        if epoch in self.epochs(purpose):
            raise VaultError(f"There is a {purpose} key of epoch {epoch} already.")
        key = PrivateKey.generate(purpose, epoch)
        self.store_private_key(key)
        canary = boxes.seal(
            CANARY,
            purpose=purpose,
            epoch=epoch,
            key=public_key(key.public_bytes()),
            context=CANARY_CONTEXT,
        )
        write_json(
            self._public_path(purpose, epoch),
            {
                "purpose": purpose,
                "epoch": epoch,
                "public_key": b64encode(key.public_bytes()).decode(),
                "canary": b64encode(canary).decode(),
            },
            secret=False,
        )
        return key

    def store_private_key(self, key: PrivateKey) -> None:
        write_json(
            self._private_path(key.purpose, key.epoch),
            {"purpose": key.purpose, "epoch": key.epoch, "seed": key.seed.hex()},
            secret=True,
        )

    def restore_private_key(self, key: PrivateKey) -> None:
        """Store a key that was lost or destroyed.

        Raises:
            KeysUnavailable: it does not open its epoch's canary; nothing was stored.
        """
        self.open_canary(key)
        self.store_private_key(key)
        self._mark(key.purpose, key.epoch, destroyed_on=None)

    def generate_pepper(self) -> bytes:
        """Make and store the pepper.

        Raises:
            VaultError: there is one; another would let everybody sign twice.
        """
        if self.has_pepper() or reachable(self._pepper_path):
            raise VaultError("There is a pepper already; another would let everybody sign twice.")
        pepper = secrets.token_bytes(SEED_BYTES)
        self.store_pepper(pepper)
        canary = {"canary": _pepper_canary(pepper).decode()}
        write_json(self._pepper_canary_path, canary, secret=False)
        return pepper

    def store_pepper(self, pepper: bytes) -> None:
        write_json(self._pepper_path, {"pepper": pepper.hex()}, secret=True)

    def restore_pepper(self, pepper: bytes) -> None:
        """Store a pepper that was lost.

        Raises:
            KeysUnavailable: it is not this campaign's; nothing was stored.
        """
        if not self.is_pepper(pepper):
            raise KeysUnavailable("The pepper is not the one that belongs to this campaign.")
        self.store_pepper(pepper)

    def activate(self, epochs: dict[Purpose, str]) -> None:
        """Seal new rows to these epochs' keys from now on.

        Raises:
            KeysUnavailable: there is no such public key, or its private key here is another.
            VaultError: its private key was destroyed.
        """
        active = read_key_file(self._active_path) if self.has_active_keys() else {}
        for purpose, epoch in epochs.items():
            if self.public_key(purpose, epoch).destroyed_on:
                raise VaultError(f"The {purpose} key of epoch {epoch} was destroyed.")
            if self.has_private_key(purpose, epoch):
                self.private_key(purpose, epoch)
            active[purpose] = epoch
        write_json(self._active_path, active, secret=False)

    def refuse_to_destroy(self, purpose: Purpose, epoch: str) -> None:
        """
        Raises:
            VaultError: there is no such key, or new rows are still sealed to it.
        """
        if epoch not in self.epochs(purpose):
            raise VaultError(f"There is no {purpose} key of epoch {epoch}.")
        if self.active_epochs()[purpose] == epoch:
            raise VaultError(
                f"New rows are sealed to {key_id(purpose, epoch)}: activate another epoch first."
            )

    def destroy(self, purpose: Purpose, epoch: str) -> None:
        """Erase a private key for good. Its public key and canary stay, to recognise a share.

        One that is not here is only marked, so that its rows no longer wait for it.

        Raises:
            VaultError: there is no such key, or new rows are still sealed to it.
        """
        self.refuse_to_destroy(purpose, epoch)
        # Before the key goes: what is marked and still there can be destroyed again, while rows
        # of a key that is gone without a mark would wait for it for ever.
        if reachable(self._public_path(purpose, epoch)):
            self._mark(purpose, epoch, destroyed_on=f"{datetime.now(UTC):%Y-%m-%d}")
        if self.has_private_key(purpose, epoch):
            erase(self._private_path(purpose, epoch))

    # --- Parts

    def _mark(self, purpose: Purpose, epoch: str, *, destroyed_on: str | None) -> None:
        self.public_key(purpose, epoch)
        path = self._public_path(purpose, epoch)
        write_json(path, {**read_key_file(path), "destroyed_on": destroyed_on}, secret=False)

    @property
    def _active_path(self) -> Path:
        return self.directory / "public" / "active.json"

    @property
    def _pepper_path(self) -> Path:
        return self.directory / Secret.PEPPER / "pepper.json"

    @property
    def _pepper_canary_path(self) -> Path:
        return self.directory / "public" / "pepper.json"

    def _public_path(self, purpose: Purpose, epoch: str) -> Path:
        return self.directory / "public" / f"{key_id(purpose, epoch)}.json"

    def _private_path(self, purpose: Purpose, epoch: str) -> Path:
        return self.directory / purpose / f"{epoch}.json"


def _names_epoch(value: object) -> bool:
    return isinstance(value, str) and is_epoch(value)


def _holds_anything(folder: Path) -> bool:
    """A draft or a copy under another name is as good a key as the file itself."""
    try:
        return any(folder.iterdir())
    except FileNotFoundError:
        return False
    except PermissionError:
        return os.access(folder, os.X_OK)  # names are no secret: who may enter can open


def read_key_file(path: Path) -> dict[str, Any]:
    try:
        return read_json(path)
    except (OSError, ValueError) as error:
        raise KeysUnavailable(f"{path} can't be read.") from error


def secret_bytes(path: Path, field: str, name: str) -> bytes:
    try:
        value = bytes.fromhex(read_key_file(path)[field])
    except (KeyError, TypeError, ValueError) as error:
        raise KeysUnavailable(f"The {name} in {path} is damaged.") from error
    if len(value) != SEED_BYTES:
        raise KeysUnavailable(
            f"The {name} in {path} has {len(value)} bytes; it must have {SEED_BYTES}."
        )
    return value


def _pepper_canary(pepper: bytes) -> bytes:
    return hmac.digest(pepper, CANARY, hashlib.sha256)[:16].hex().encode()
