"""What a process does with the keys in its folder: seal, open, index, and check that it may."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hpke

from petitions.vault import boxes
from petitions.vault.files import Stamp, stamp
from petitions.vault.keyring import Keyring, KeysUnavailable
from petitions.vault.keys import Purpose, Secret, VaultError, key_id
from petitions.vault.log_key import private_log_key


@dataclass(frozen=True)
class SealingKey:
    epoch: str
    key: hpke.MLKEM768X25519PublicKey


@dataclass(frozen=True)
class SealingKeys:
    read_at: Stamp
    by_purpose: dict[Purpose, SealingKey]


@dataclass(frozen=True)
class OpeningKey:
    read_at: Stamp
    key: hpke.MLKEM768X25519PrivateKey


class Vault(Keyring):
    """Keys are kept in memory for as long as their files stay as they are: each `seal` and each
    `open` looks, so that a key that was replaced or destroyed is not used again. Threads may
    share a vault; at worst two of them read the same file.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._active_name = str(self._active_path)
        self._sealing_keys: SealingKeys | None = None
        self._opening_keys: dict[tuple[Purpose, str], OpeningKey] = {}
        self._pepper: bytes | None = None

    # --- Sealing, opening, indexing

    def seal(self, purpose: Purpose, data: bytes, *, context: str) -> bytes:
        """Seal `data` to the active key of `purpose`, bound to `context`, which names the row.

        Raises:
            KeysUnavailable: there is no usable active key.
        """
        active = self.sealing_key(purpose)
        return boxes.seal(
            data, purpose=purpose, epoch=active.epoch, key=active.key, context=context
        )

    def open(self, purpose: Purpose, box: bytes, *, context: str) -> bytes:
        """What was sealed, if this vault has the box's key and `context` is its row's.

        Raises:
            CannotOpen: it was not sealed for this row, was changed, or its epoch's key is
                destroyed or unknown. It will never open here.
            KeysUnavailable: the key is missing, or the one that lies here is another. Once the
                right one is here, the box may open.
        """
        key = self._opening_key(purpose, boxes.epoch_of(box))
        return boxes.open_box(box, purpose=purpose, key=key, context=context)

    def blind_index(self, scope: str, value: str) -> bytes:
        """A keyed hash of `value` that without the pepper nobody can recompute (32 bytes).

        Raises:
            KeysUnavailable: the pepper is missing, short or not the one that belongs here.
        """
        message = f"{len(scope)}|{scope}|{value}".encode()
        return hmac.digest(self.pepper(), message, hashlib.sha256)

    # --- Keys at hand

    def active_epoch(self, purpose: Purpose) -> str:
        return self.sealing_key(purpose).epoch

    def sealing_key(self, purpose: Purpose) -> SealingKey:
        """The active public key; read anew when `vault activate` has changed it.

        Raises:
            KeysUnavailable: there is no usable active key of each purpose.
        """
        # The stamp is taken before the file is read: should it change in between, the next call
        # sees another stamp and reads again.
        now = stamp(self._active_name)
        if now is None:
            raise KeysUnavailable("No active keys: run 'manage.py vault generate'.")
        known = self._sealing_keys
        if known is None or known.read_at != now:
            known = self._sealing_keys = SealingKeys(now, self._read_sealing_keys())
        return known.by_purpose[purpose]

    def pepper(self) -> bytes:
        """The blind index's key.

        Raises:
            KeysUnavailable: it is missing, short or not the one that belongs here.
        """
        if self._pepper is None:
            self._pepper = self.read_pepper()
        return self._pepper

    def check(self, needed: frozenset[Secret]) -> None:
        """Make sure that a process can do its work with the keys here, and hold no others.

        Raises:
            KeysUnavailable: a key is missing, wrong, or must not be within this role's reach.
        """
        active = {purpose: self.active_epoch(purpose) for purpose in Purpose}
        for excess in sorted(self.secrets_within_reach() - needed):
            raise KeysUnavailable(
                f"This role must not hold {self.directory / excess}: move it away."
            )
        for purpose, epoch in active.items():
            if Secret(purpose) in needed:
                self.private_key(purpose, epoch)
        if Secret.PEPPER in needed:
            self.pepper()
        if Secret.LEDGER in needed:
            private_log_key(self)

    def _read_sealing_keys(self) -> dict[Purpose, SealingKey]:
        return {
            purpose: SealingKey(epoch, self._living_key(purpose, epoch))
            for purpose, epoch in self.active_epochs().items()
        }

    def _living_key(self, purpose: Purpose, epoch: str) -> hpke.MLKEM768X25519PublicKey:
        public = self.public_key(purpose, epoch)
        if public.destroyed_on:
            raise KeysUnavailable(f"The active key {key_id(purpose, epoch)} was destroyed.")
        return public.key()

    def _opening_key(self, purpose: Purpose, epoch: str) -> hpke.MLKEM768X25519PrivateKey:
        now = stamp(f"{self.directory}/{purpose}/{epoch}.json")
        if now is None:
            self._opening_keys.pop((purpose, epoch), None)
            raise self._why_missing(purpose, epoch)
        known = self._opening_keys.get((purpose, epoch))
        if known is None or known.read_at != now:
            known = OpeningKey(now, self.private_key(purpose, epoch).pair())
            self._opening_keys[purpose, epoch] = known
        return known.key

    def _why_missing(self, purpose: Purpose, epoch: str) -> VaultError:
        """Rows of a key that is gone for good must not stop the others; rows of one that was
        left elsewhere, or whose folder is not mounted, wait for it.
        """
        destroyed_or_unknown = boxes.CannotOpen(f"No {purpose} key of epoch {epoch} opens this.")
        if epoch not in self.epochs(purpose):
            self.active_epochs()  # where not even these lie, it is the whole folder that is away
            return destroyed_or_unknown
        if self.public_key(purpose, epoch).destroyed_on:
            return destroyed_or_unknown
        return KeysUnavailable(
            f"The {purpose} key of epoch {epoch} is missing here, and rows wait for it."
        )
