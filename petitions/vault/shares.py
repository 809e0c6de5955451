"""A secret in three shares, of which any two give it back and one alone tells nothing.

SLIP-39: Shamir's scheme as 33 English words with a checksum, so that a share survives paper, a
telephone call and a hurried typist.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics

from petitions.vault.files import make_folder, write_new
from petitions.vault.keys import EPOCH, SEED_BYTES, Purpose, VaultError, key_id

NEEDED = 2
MADE = 3
PEPPER = "pepper"

_WORDS_A_LINE = 7
_HEADER = """\
Share {number} of {made} of a secret of this campaign

Secret: {secret}

{meaning}

Any {needed} of the {made} shares give the secret back; one alone tells nothing. Keep each with
another person at another place, never two together, and none beside a backup of the database.
To recover: manage.py vault recover FILE FILE

Words:
"""
_MEANING = {
    Purpose.MAIL: "The private mail key of epoch {epoch}. It opens the addresses of people whose"
    "\nrequest waits for its confirmation mail, and of those who asked for news.",
    Purpose.SIGNATURE: "The private signature key of epoch {epoch}. It opens the names, postcodes"
    "\nand comments of people who signed.",
}
_PEPPER_MEANING = (
    "The pepper. With it and the database, anybody can find out whether a given address signed;"
    "\nwithout it, nobody can be kept from signing twice."
)
# Lenient with spaces and capitals, for a share may have been typed from paper.
_SHARE = re.compile(r"(?ms)^Secret:\s*(?P<secret>\S+)\s*$.*^Words:\s(?P<words>.*\S)")
_SECRET = re.compile(rf"(?P<purpose>{'|'.join(Purpose)})-(?P<epoch>{EPOCH.pattern})|{PEPPER}")


class SharesDoNotMatch(VaultError):
    """These files are not two shares of one secret."""


@dataclass(frozen=True)
class SecretName:
    """Which secret a share is of: a private key, or where both are None the pepper."""

    purpose: Purpose | None = None
    epoch: str | None = None

    @classmethod
    def parse(cls, text: str) -> SecretName:
        found = _SECRET.fullmatch(text)
        if not found:
            raise SharesDoNotMatch("A share must say which secret it is of.")
        purpose = found["purpose"]
        return cls(Purpose(purpose), found["epoch"]) if purpose else cls()

    def __str__(self) -> str:
        return key_id(self.purpose, self.epoch) if self.purpose and self.epoch else PEPPER

    @property
    def meaning(self) -> str:
        if self.purpose is None:
            return _PEPPER_MEANING
        return _MEANING[self.purpose].format(epoch=self.epoch)


def split(secret: bytes) -> list[str]:
    """Three times 33 words."""
    groups: list[list[str]] = generate_mnemonics(1, [(NEEDED, MADE)], secret)
    return groups[0]


def combine(shares: list[str]) -> bytes:
    """The secret that two different shares are of.

    Raises:
        SharesDoNotMatch: they are of two secrets, one and the same, or a word is wrong.
    """
    if len({" ".join(share.split()) for share in shares}) != NEEDED:
        raise SharesDoNotMatch("This is one share twice: one alone tells nothing.")
    try:
        secret: bytes = combine_mnemonics(shares)
    except MnemonicError as error:
        raise SharesDoNotMatch(
            "The shares do not fit together: a word is wrong, or they are of two secrets."
        ) from error
    if len(secret) != SEED_BYTES:
        raise SharesDoNotMatch(f"The shares are of a secret of {len(secret)} bytes: none of ours.")
    return secret


def write_shares(folder: Path, name: SecretName, secret: bytes) -> list[Path]:
    """Write three share files that only their owner may read.

    Raises:
        VaultError: one is there already, or the folder can't be written to.
    """
    paths = share_paths(folder, name)
    try:
        make_folder(folder, secret=True)
        for number, (path, words) in enumerate(zip(paths, split(secret), strict=True), start=1):
            write_new(path, _text(name, number, words), mode=0o600)
    except OSError as error:
        raise VaultError(f"The shares can't be written: {error.strerror}: {folder}.") from error
    return paths


def share_paths(folder: Path, name: SecretName) -> list[Path]:
    return [folder / f"{name}.share-{number}-of-{MADE}.txt" for number in range(1, MADE + 1)]


def read_share(path: Path) -> tuple[SecretName, str]:
    """Which secret a share file is of, and its words.

    Raises:
        SharesDoNotMatch: this is no share file.
    """
    try:
        found = _SHARE.search(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise SharesDoNotMatch(f"{path} can't be read.") from error
    if not found:
        raise SharesDoNotMatch(f"{path} is no share file.")
    return SecretName.parse(found["secret"]), " ".join(found["words"].lower().split())


def recover(one: Path, other: Path) -> tuple[SecretName, bytes]:
    """The secret of two share files; only its canary can tell whether it is the right one.

    Raises:
        SharesDoNotMatch: they are not two shares of one secret.
    """
    (name, words), (other_name, other_words) = read_share(one), read_share(other)
    if name != other_name:
        raise SharesDoNotMatch(f"These are shares of two secrets: {name} and {other_name}.")
    return name, combine([words, other_words])


def _text(name: SecretName, number: int, words: str) -> str:
    header = _HEADER.format(
        number=number, made=MADE, needed=NEEDED, secret=name, meaning=name.meaning
    )
    listed = words.split()
    lines = [
        " ".join(listed[start : start + _WORDS_A_LINE])
        for start in range(0, len(listed), _WORDS_A_LINE)
    ]
    return header + "\n".join(lines) + "\n"
