"""Seals and opens. Knows bytes and key files, and no Django model.

What is sealed to a purpose opens only where that purpose's private keys lie. The reasons are in
docs/threat-model.md.
"""

from functools import cache

from petitions.vault.boxes import CannotOpen, epoch_of
from petitions.vault.holder import HolderKey, open_by_secret, seal_by_secret, seal_to_holder
from petitions.vault.keyring import KeysUnavailable
from petitions.vault.keys import Purpose, Secret, VaultError
from petitions.vault.log_key import generate_log_key, has_log_key, private_log_key, public_log_key
from petitions.vault.vault import Vault

__all__ = [
    "CannotOpen",
    "HolderKey",
    "KeysUnavailable",
    "Purpose",
    "Secret",
    "Vault",
    "VaultError",
    "epoch_of",
    "generate_log_key",
    "has_log_key",
    "open_by_secret",
    "private_log_key",
    "public_log_key",
    "seal_by_secret",
    "seal_to_holder",
    "vault",
]


@cache
def vault() -> Vault:
    """The vault of this process, in the folder that the settings name."""
    from django.conf import settings  # noqa: PLC0415 - the rest of the package needs no Django

    return Vault(settings.VAULT_DIR)
