"""What would endanger people on a server: errors, by which nothing starts and no command runs.

What counts as a server is decided in campaign/environment/reading.py.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.urls import Resolver404, resolve

from campaign.checks.secrets import is_invented, secrets

SHORTEST_KEY = 50
FEWEST_SIGNS = 5
ADMIN = ["django.contrib.admin", "allauth"]
ADMIN_PAGES = ["/admin/", "/admin/login/", "/admin/account/login/", "/admin/account/2fa/"]


def plain_http(**_: Any) -> list[CheckMessage]:
    is_onion = settings.SITE_URL.partition("//")[2].partition(":")[0].endswith(".onion")
    if not settings.IS_SERVER or settings.SITE_IS_HTTPS or is_onion:
        return []
    words = "SITE_URL is neither https:// nor an onion service: anybody on the way would read who signs."
    return [Error(words, hint="Set SITE_URL to https://…", id="campaign.E001")]


def debug_pages(**_: Any) -> list[CheckMessage]:
    if not settings.IS_SERVER or not settings.DEBUG:
        return []
    words = "DEBUG is on: an error's page would show what people typed."
    return [Error(words, hint="Take DEBUG away.", id="campaign.E002")]


def weak_key(**_: Any) -> list[CheckMessage]:
    key = settings.SECRET_KEY
    is_strong = len(key) >= SHORTEST_KEY and len(set(key)) >= FEWEST_SIGNS
    if not settings.IS_SERVER or (is_strong and not is_invented(key)):
        return []
    words = f"SECRET_KEY can be guessed: it must have {SHORTEST_KEY} characters or more of chance."
    return [Error(words, hint="One is printed by: openssl rand -hex 32", id="campaign.E003")]


def invented_secrets(**_: Any) -> list[CheckMessage]:
    if not settings.IS_SERVER:
        return []
    return [
        Error(
            f"{name} has the secret of an example, which everybody knows.",
            hint="Choose another one: openssl rand -hex 16 prints one.",
            id="campaign.E004",
        )
        for name, found in secrets().items()
        if name != "SECRET_KEY" and any(map(is_invented, found))
    ]


def passwords_alone(**_: Any) -> list[CheckMessage]:
    if not settings.IS_SERVER or settings.SECOND_FACTOR == "required":
        return []
    words = "SECOND_FACTOR is optional: one stolen password would open every signer's details."
    return [Error(words, hint="Set SECOND_FACTOR to required.", id="campaign.E005")]


def mailbox_page(**_: Any) -> list[CheckMessage]:
    if not settings.IS_SERVER or not settings.MAILBOX_DIR:
        return []
    words = "MAILBOX_DIR is set: /mailbox/ would show everybody's mails to anybody."
    return [Error(words, hint="Take MAILBOX_DIR away.", id="campaign.E006")]


def any_host(**_: Any) -> list[CheckMessage]:
    if not settings.IS_SERVER or "*" not in settings.ALLOWED_HOSTS:
        return []
    words = "ALLOWED_HOSTS has “*”: whoever asks could choose the host in the site's answers."
    return [Error(words, hint="Name the site's hosts.", id="campaign.E007")]


def admin_in_public(**_: Any) -> list[CheckMessage]:
    """On laptops, too: the roles are the same there. Workers answer nobody."""
    if settings.ROLE.serves_admin or settings.ROLE.queues:
        return []
    found = [*filter(apps.is_installed, ADMIN), *filter(_is_there, ADMIN_PAGES)]
    if not found:
        return []
    words = f"The public process has what is the organizers' alone: {', '.join(found)}."
    hint = (
        "Mend campaign/settings.py and campaign/urls.py: only the roles with serves_admin have it."
    )
    return [Error(words, hint=hint, id="campaign.E008")]


def _is_there(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


DANGERS = [
    plain_http,
    debug_pages,
    weak_key,
    invented_secrets,
    passwords_alone,
    mailbox_page,
    any_host,
    admin_in_public,
]
