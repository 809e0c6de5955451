"""The secrets that this process holds, and whether somebody chose them."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from django.conf import settings

from campaign.environment.catalogue import SETTINGS

# What stands in deploy/env/*.example, in tutorials and in this repository; nobody's chance makes it.
INVENTED = (
    "password",
    "passwort",
    "change-me",
    "changeme",
    "change_me",
    "insecure",
    "only-for-the-build",
)


def secrets() -> dict[str, list[str]]:
    """Of each secret setting that says something: its secrets, without what is around them."""
    env = settings.ENVIRONMENT
    given = {name: env[name] for name, each in SETTINGS.items() if each.is_secret and env[name]}
    return {name: _secrets_in(value) for name, value in given.items()}


def is_invented(secret: str) -> bool:
    return any(word in secret.lower() for word in INVENTED)


def _secrets_in(value: str | list[str]) -> list[str]:
    if isinstance(value, list):
        return value
    if "://" in value:
        return [unquote(urlsplit(value).password or "")]
    return [value]
