"""Secrets of second factors, and sessions, are not readable in the database or a backup of it.

A session holds the secret of an authenticator app while it is being set up.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


def fernet() -> MultiFernet:
    """Encrypts under SECRET_KEY; opens what was encrypted under an earlier one as well."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(secret)) for secret in secrets])


def _key(secret: str) -> bytes:
    digest = salted_hmac("campaign.sign_in.sealing", "", secret=secret, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest)


class SealedSerializer:
    """For SESSION_SERIALIZER. What can't be opened is no session: Django then asks to sign in."""

    def dumps(self, session: dict[str, Any]) -> bytes:
        return fernet().encrypt(json.dumps(session).encode())

    def loads(self, sealed: bytes) -> dict[str, Any]:
        session: dict[str, Any] = json.loads(fernet().decrypt(sealed))
        return session
