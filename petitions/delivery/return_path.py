"""The address that a letter names for what comes back: each delivery has its own.

    letters+1042-k3jv5w2mzq7xatny@fiveasks.example

A bounce then tells its delivery by where it arrives, whatever its words are (VERP). The part after
the number is a keyed hash: nobody else can make an address whose bounces would stop an office.
"""

from __future__ import annotations

import re
from base64 import b32encode
from email.utils import parseaddr
from functools import lru_cache

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from petitions.models import Delivery

# 80 bits: 16 letters that mail servers may write in capitals, as some do.
MAC_BYTES = 10
TAG = re.compile(r"(?P<id>[1-9][0-9]{0,17})-(?P<mac>[a-z2-7]{16})")


def return_path(delivery: Delivery) -> str:
    """The envelope sender and Reply-To of a delivery's letter."""
    mailbox, _, domain = _mailbox().partition("@")
    return f"{mailbox}+{delivery.pk}-{_mac(delivery.pk, settings.SECRET_KEY)}@{domain}"


def delivery_of(address: str) -> int | None:
    """The id of the delivery whose return path this is; None for every other address."""
    local, _, domain = address.strip().lower().rpartition("@")
    mailbox, _, our_domain = _mailbox().lower().partition("@")
    tag = TAG.fullmatch(local.removeprefix(f"{mailbox}+"))
    if domain != our_domain or not local.startswith(f"{mailbox}+") or tag is None:
        return None
    pk = int(tag["id"])
    # Bounces arrive for days after the secret was changed.
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    known = any(constant_time_compare(_mac(pk, secret), tag["mac"]) for secret in secrets)
    return pk if known else None


def _mailbox() -> str:
    return settings.LETTER_RETURN_PATH or _address_in(settings.LETTER_FROM)


@lru_cache(maxsize=8)
def _address_in(sender: str) -> str:
    return parseaddr(sender)[1]


def _mac(pk: int, secret: str | bytes) -> str:
    mac = salted_hmac("petitions.delivery.return_path", str(pk), secret=secret, algorithm="sha256")
    return b32encode(mac.digest()[:MAC_BYTES]).decode().lower()
