"""DKIM for a relay that does not sign: both of its algorithms, RFC 6376 and 8463.

The reasons are in docs/decisions/0015-who-signs-mails.md.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings

Key = RSAPrivateKey | Ed25519PrivateKey
RSA_BITS = 2048
# Signed where they are there.
SIGNED = (
    *("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID"),
    *("MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
    *("List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted"),
)
# Signed once more than they are there, so that nobody adds another: RFC 6376, section 8.15.
SEALED = ("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "Content-Type")
SPACE = re.compile(rb"[ \t]+")
# What is more than one space.
RUN = re.compile(rb"\t[ \t]*| [ \t]+")
FOLD = re.compile(rb"\r\n(?=[ \t])")


class BadDkimKeys(Exception):
    """The folder of signing keys is not what it must be."""


@dataclass(frozen=True)
class Signer:
    selector: str
    key: Key

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"

    @property
    def record(self) -> str:
        """What the domain publishes at `<selector>._domainkey`: RFC 6376, 3.6.1; RFC 8463, 4."""
        if isinstance(self.key, RSAPrivateKey):
            kind, form = "rsa", (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            kind, form = "ed25519", (Encoding.Raw, PublicFormat.Raw)
        public = base64.b64encode(self.key.public_key().public_bytes(*form)).decode("ascii")
        return f"v=DKIM1; k={kind}; p={public}"

    def signature(self, data: bytes) -> str:
        if isinstance(self.key, RSAPrivateKey):
            made = self.key.sign(data, PKCS1v15(), SHA256())
        else:
            made = self.key.sign(hashlib.sha256(data).digest())
        return base64.b64encode(made).decode("ascii")


def sign(mail: bytes, *, domain: str) -> bytes:
    """The mail, a signature of each key before it; as it is where the relay signs.

    Raises:
        BadDkimKeys
    """
    head, _, body = mail.partition(b"\r\n\r\n")
    return signatures(head + b"\r\n", [body], domain=domain) + mail


def signatures(head: bytes, pieces: Sequence[bytes], *, domain: str) -> bytes:
    """Headers to stand before `head`, with a signature of each key; nothing where the relay signs.

    The body is in pieces of whole lines, the last of which is not empty.

    Raises:
        BadDkimKeys
    """
    if not settings.DKIM_DIR:
        return b""
    headers = _headers(head)
    body_hash = _hash(pieces)
    made = (
        _signed(headers, signer, domain=domain, body_hash=body_hash)
        for signer in signers(settings.DKIM_DIR)
    )
    return b"".join(made)


def _hash(pieces: Sequence[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces[:-1]:
        digest.update(relaxed_lines(piece))
    digest.update(relaxed_body(pieces[-1]))
    return base64.b64encode(digest.digest()).decode("ascii")


@cache
def signers(directory: Path) -> tuple[Signer, Signer]:
    """One signer of each algorithm; a key's file is named for its selector.

    Raises:
        BadDkimKeys
    """
    try:
        files = sorted(directory.glob("*.pem"))
        loaded = [Signer(file.stem, _load(file)) for file in files]
    except OSError as fault:
        raise BadDkimKeys(f"{fault.filename} can't be read: {fault.strerror}.") from fault
    for algorithm in ("rsa-sha256", "ed25519-sha256"):
        count = sum(each.algorithm == algorithm for each in loaded)
        if count != 1:
            kind = "RSA" if algorithm.startswith("rsa") else "Ed25519"
            raise BadDkimKeys(f"{directory} must hold one {kind} key as a .pem file, not {count}.")
    first, second = loaded
    return first, second


def _load(file: Path) -> Key:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?", file.stem):
        raise BadDkimKeys(f"{file} is named for no selector: letters, digits and hyphens make one.")
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as fault:
        raise BadDkimKeys(f"{file} is no private key without a password, in PEM.") from fault
    if isinstance(key, RSAPrivateKey) and key.key_size < RSA_BITS:
        raise BadDkimKeys(f"{file} has {key.key_size} bits; receivers want {RSA_BITS}.")
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise BadDkimKeys(f"{file} is neither an RSA nor an Ed25519 key.")
    return key


def _signed(
    headers: list[tuple[str, bytes]], signer: Signer, *, domain: str, body_hash: str
) -> bytes:
    """The header with this signer's signature."""
    there = [name for name, _ in headers]
    names = [each.lower() for each in SIGNED if each.lower() in there]
    names += [each.lower() for each in SEALED]
    unsigned = (
        f"DKIM-Signature: v=1; a={signer.algorithm}; c=relaxed/relaxed;\r\n"
        f" d={domain}; s={signer.selector};\r\n"
        f" h={_folded(':'.join(names))};\r\n"
        f" bh={body_hash};\r\n"
        f" b="
    )
    data = _chosen(headers, names) + relaxed_header(unsigned.encode("ascii"))
    signature = signer.signature(data)
    pieces = [signature[start : start + 72] for start in range(0, len(signature), 72)]
    return (unsigned + "\r\n ".join(pieces) + "\r\n").encode("ascii")


def _folded(names: str) -> str:
    return re.sub(r"(.{1,65}:)(?=.)", r"\1\r\n  ", names)


def _chosen(headers: list[tuple[str, bytes]], names: list[str]) -> bytes:
    """Each name takes the lowest header of its name that is left: RFC 6376, section 5.4.2."""
    left = list(headers)
    chosen = b""
    for wanted in names:
        for place in range(len(left) - 1, -1, -1):
            if left[place][0] == wanted:
                chosen += relaxed_header(left.pop(place)[1]) + b"\r\n"
                break
    return chosen


def _headers(head: bytes) -> list[tuple[str, bytes]]:
    lines = re.findall(rb"[^\r\n]+(?:\r\n[ \t][^\r\n]*)*\r\n", head)
    return [(line.partition(b":")[0].decode("ascii").lower(), line) for line in lines]


def relaxed_header(header: bytes) -> bytes:
    """RFC 6376, section 3.4.2, without the line's end."""
    name, _, value = header.partition(b":")
    one_line = SPACE.sub(b" ", FOLD.sub(b"", value.removesuffix(b"\r\n")))
    return name.strip().lower() + b":" + one_line.strip()


def relaxed_body(body: bytes) -> bytes:
    """RFC 6376, section 3.4.4."""
    lines = relaxed_lines(body + b"\r\n").rstrip(b"\r\n")
    return lines + b"\r\n" if lines else b""


def relaxed_lines(lines: bytes) -> bytes:
    """Of whole lines; files in base64 have no space to look at, and are most of what is sent."""
    if b" " not in lines and b"\t" not in lines:
        return lines
    return RUN.sub(b" ", lines).replace(b" \r\n", b"\r\n")
