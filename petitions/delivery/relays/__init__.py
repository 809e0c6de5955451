"""Asking the relay what became of a letter whose connection was lost after its last byte.

SMTP can't tell whether the server took it (RFC 5321, section 4.5.3.2.6); the relay itself can.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from petitions.delivery.relays.answers import Answer, MuteRelay, Relay
from petitions.delivery.relays.maildir import MaildirRelay
from petitions.delivery.relays.mailgun import MailgunRelay
from petitions.delivery.relays.postfix import PostfixRelay

__all__ = ["Answer", "Relay", "check_relay_url", "relay"]


def relay() -> Relay:
    """The relay that RELAY_URL names; one that can't be asked where it names none.

    Raises:
        ImproperlyConfigured: nobody can be asked in this way.
    """
    url = urlsplit(settings.RELAY_URL)
    match url.scheme:
        case "" if not settings.RELAY_URL:
            return MuteRelay()
        case "maildir":
            return MaildirRelay(_path(url))
        case "postfix":
            return PostfixRelay(_path(url))
        case "mailgun":
            return _mailgun(url)
    raise ImproperlyConfigured(
        f"RELAY_URL: nobody knows how to ask “{settings.RELAY_URL}”; it begins with postfix://,"
        " mailgun:// or maildir://, or is empty."
    )


def check_relay_url(**_: Any) -> list[checks.CheckMessage]:
    """Django's check: a wrong RELAY_URL is told at the start, not when a first answer is lost."""
    if not settings.ROLE.sends_letters:
        return []
    try:
        relay()
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), id="petitions.E001")]
    return []


def _path(url: SplitResult) -> Path:
    if url.netloc or not url.path.strip("/"):
        raise ImproperlyConfigured(
            f"RELAY_URL: {url.scheme}:// wants a whole path after it, so three slashes in all:"
            f" {url.scheme}:///var/…"
        )
    return Path(unquote(url.path))


def _mailgun(url: SplitResult) -> MailgunRelay:
    domain = url.path.strip("/")
    if not url.netloc or not domain or "/" in domain:
        raise ImproperlyConfigured(
            "RELAY_URL: mailgun:// wants the API's host and the sending domain:"
            " mailgun://api.eu.mailgun.net/fiveasks.example"
        )
    if "@" in url.netloc:
        raise ImproperlyConfigured("RELAY_URL is no place for the key: put it into RELAY_KEY.")
    if not settings.RELAY_KEY:
        raise ImproperlyConfigured("RELAY_URL: mailgun:// needs the API's key in RELAY_KEY.")
    return MailgunRelay(url.netloc, domain=domain, key=settings.RELAY_KEY)
