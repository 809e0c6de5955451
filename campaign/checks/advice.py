"""What an administrator should know, and may accept by ACCEPTED_WARNINGS."""

from __future__ import annotations

import re
import socket
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage
from django.core.checks import Warning as Advice

from campaign.environment.catalogue import SETTINGS
from campaign.environment.reading import LOOPBACK
from campaign.roles import Role
from petitions.vault import Secret

# Under these of a country names are given to everybody, as they are under .org.
SHARED = re.compile(r"(ac|co|com|edu|gob|gov|mil|ne|net|ngo|or|org)\.[a-z]{2}")


def pepper_beside_database(**_: Any) -> list[CheckMessage]:
    """A pepper on the database's machine: who takes that machine can ask whether somebody signed.

    What can be seen from here is a socket, loopback, or this machine's own name. A pooler on
    loopback looks the same, and two containers of one host do not.
    """
    host = settings.DATABASES["default"].get("HOST", "")
    is_here = not host or host.startswith("/") or host in {*LOOPBACK, socket.gethostname()}
    if not settings.IS_SERVER or Secret.PEPPER not in settings.ROLE.secrets or not is_here:
        return []
    words = (
        "DATABASE_URL leads to this machine, which holds the pepper: who takes it can test whether a"
        " given address signed."
    )
    hint = "Put PostgreSQL on another machine; where there is one only, accept it."
    return [_advice(words, hint, "campaign.W001")]


def mail_domains_apart(**_: Any) -> list[CheckMessage]:
    """Whether the records are published is asked by `manage.py check_mail`."""
    if not settings.IS_SERVER or not settings.ROLE.sends_mail:
        return []
    domains = _domains()
    first = next(iter(domains))
    apart = [name for name in domains if not _aligned(domains[first], domains[name])]
    if not apart:
        return []
    words = f"{' and '.join(apart)} and {first} have no domain in common."
    hint = "Mail servers (DMARC) and readers take such mails for forged: use names of one domain."
    return [_advice(words, hint, "campaign.W002")]


def other_roles_secrets(**_: Any) -> list[CheckMessage]:
    foreign = sorted(name for name in settings.ENVIRONMENT.foreign if SETTINGS[name].is_secret)
    if not settings.IS_SERVER or not foreign:
        return []
    words = f"The {settings.ROLE} role does not read {', '.join(foreign)}, and has it all the same."
    hint = "Take it out of this process's environment: who takes the process gets it."
    return [_advice(words, hint, "campaign.W003")]


def misspelt_names(**_: Any) -> list[CheckMessage]:
    return [
        _advice(f"Nobody reads {name}: did you mean {meant}?", "", "campaign.W004")
        for name, meant in settings.ENVIRONMENT.misspelt.items()
    ]


def mails_in_the_clear(**_: Any) -> list[CheckMessage]:
    is_encrypted = settings.ENVIRONMENT["EMAIL_URL"].partition("://")[0] != "smtp"
    is_here = settings.EMAIL_HOST in LOOPBACK
    if not settings.IS_SERVER or not settings.ROLE.sends_mail or is_encrypted or is_here:
        return []
    words = (
        "EMAIL_URL leads to another machine without TLS: the way there reads who gets which mail."
    )
    return [_advice(words, "Begin it with smtp+tls:// or smtp+ssl://.", "campaign.W005")]


def own_host_not_allowed(**_: Any) -> list[CheckMessage]:
    host = urlsplit(settings.SITE_URL).hostname
    if not settings.ROLE.serves_public_pages or host in _allowed():
        return []
    words = f"ALLOWED_HOSTS lacks {host}, the host of SITE_URL: each of its pages is answered 400."
    return [_advice(words, "Name it, or take ALLOWED_HOSTS away.", "campaign.W006")]


def _domains() -> dict[str, str]:
    """Of what this role sends, and of the site that its links lead to, unless that is an onion."""
    senders = {}
    if settings.ROLE is not Role.DELIVERER:
        senders["MAIL_FROM"] = settings.DEFAULT_FROM_EMAIL
    if settings.ROLE.sends_letters:
        senders["LETTER_FROM"] = settings.LETTER_FROM
        senders["LETTER_RETURN_PATH"] = settings.LETTER_RETURN_PATH or settings.LETTER_FROM
    domains = {name: _domain_of(sender) for name, sender in senders.items()}
    host = urlsplit(settings.SITE_URL).hostname or ""
    return domains if host.endswith(".onion") else {**domains, "SITE_URL": host}


def _domain_of(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2].lower().rstrip(".")


def _aligned(one: str, other: str) -> bool:
    """Whether both belong to one organisation, as far as names tell."""
    if one == other:
        return True
    shared: list[str] = []
    for mine, yours in zip(reversed(one.split(".")), reversed(other.split(".")), strict=False):
        if mine != yours:
            break
        shared.insert(0, mine)
    common = ".".join(shared)
    return len(shared) > 1 and not SHARED.fullmatch(common)


def _allowed() -> list[str]:
    return [str(host).lower() for host in settings.ALLOWED_HOSTS]


def _advice(words: str, hint: str, identity: str) -> CheckMessage:
    return Advice(words, hint=hint or None, id=identity)


ADVICE = [
    pepper_beside_database,
    mail_domains_apart,
    other_roles_secrets,
    mails_in_the_clear,
    own_host_not_allowed,
]
