"""The secrets in a mail's links. The database keeps their hashes."""

import hashlib
import secrets


def make_token() -> str:
    """256 random bits, as 43 characters that fit a URL."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def message_name(token: str) -> str:
    """What a mail with this token is called, at each try. It tells neither the token nor its hash."""
    return hashlib.sha256(b"message " + token.encode()).hexdigest()[:32]


def link_hash(withdraw_hash: bytes, thing: str) -> bytes:
    """What the hash of a signer's own link becomes for one of the things it leads to.

    Each is different, so that a stolen database does not tell which signatures are one person's.
    """
    return hashlib.sha256(withdraw_hash + thing.encode()).digest()


def signature_link(withdraw_hash: bytes, petition_id: int) -> bytes:
    return link_hash(withdraw_hash, f"petition {petition_id}")


def offer_link(withdraw_hash: bytes, petition_id: int) -> bytes:
    return link_hash(withdraw_hash, f"offer {petition_id}")


def news_link(withdraw_hash: bytes) -> bytes:
    return link_hash(withdraw_hash, "news")
