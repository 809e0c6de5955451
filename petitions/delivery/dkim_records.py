"""Public keys that a domain publishes for DKIM (RFC 6376), judged as receivers judge them."""

from __future__ import annotations

import base64

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

# RFC 8301, section 3.2: signers should use at least so many; large receivers trust no fewer.
LEAST_RSA_BITS = 2048
ED25519_BYTES = 32


def tags(record: str) -> dict[str, str]:
    """`v=DKIM1; k=rsa; p=…` by name; DMARC's records have the same form."""
    pairs = (part.partition("=") for part in record.split(";") if "=" in part)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def key_type(record: str) -> str:
    return tags(record).get("k", "rsa").lower()


def fault(record: str) -> str | None:
    """Why no receiver, or not all, will accept what is signed with this key."""
    found = tags(record)
    if found.get("v", "DKIM1") != "DKIM1":
        return f"its version is “{found['v']}”, not DKIM1"
    if "p" not in found:
        return "it holds no key (p=)"
    if not found["p"]:
        return "the key is revoked (p= is empty)"
    if "sha256" not in found.get("h", "sha256").lower().split(":"):
        return f"it forbids SHA-256 (h={found['h']})"
    if not {"*", "email"} & set(found.get("s", "*").lower().split(":")):
        return f"it is not for mail (s={found['s']})"
    return _fault_of_key(key_type(record), "".join(found["p"].split()))


def same_key(record: str, other: str) -> bool:
    one, two = ("".join(tags(each).get("p", "").split()) for each in (record, other))
    return one == two and key_type(record) == key_type(other)


def is_test(record: str) -> bool:
    return "y" in tags(record).get("t", "").lower().split(":")


def _fault_of_key(kind: str, text: str) -> str | None:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        return "its key is no base64: perhaps it was cut when it was pasted"
    if kind == "ed25519":
        return None if len(key) == ED25519_BYTES else f"an Ed25519 key of {len(key)} bytes, not 32"
    if kind == "rsa":
        return _fault_of_rsa(key)
    return f"“{kind}” is no type of key that receivers know: rsa or ed25519"


def _fault_of_rsa(key: bytes) -> str | None:
    try:
        public = load_der_public_key(key)
    except (ValueError, UnsupportedAlgorithm):
        return "its RSA key can't be read: perhaps it was cut when it was pasted"
    if not isinstance(public, RSAPublicKey):
        return "it says RSA, and its key is another"
    if public.key_size < LEAST_RSA_BITS:
        return f"its RSA key has {public.key_size} bits, {LEAST_RSA_BITS} are needed"
    return None
