"""What a setting's text may be: each kind reads it, or says in the administrator's words what it
must be. Words never quote the text, which may be a secret.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent.parent
YES = {"1", "on", "true", "yes"}
NO = {"0", "off", "false", "no"}
HOST = re.compile(r"\.?[\w-]+(\.[\w-]+)*|\[[0-9a-f:]+\]|\*", re.IGNORECASE)
ADDRESS = re.compile(r"[^\s@<>\",]+@[\w-]+(\.[\w-]+)+")
ONION = re.compile(r"[a-z2-7]{56}\.onion")
IN_PASSWORDS = "in a password write # as %23, / as %2F, ? as %3F, @ as %40, : as %3A"
HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
WARNING = re.compile(r"[a-z_]+\.W\d{3}")


class Wrong(ValueError):
    """What the setting must be, to be said after its name."""


@dataclass(frozen=True)
class Kind:
    # For the table.
    words: str
    read: Callable[[str], Any]
    # What an empty text means.
    nothing: Any = ""


def one_of(words: Iterable[str]) -> Kind:
    known = [str(word) for word in words]

    def read(text: str) -> str:
        if text not in known:
            near = difflib.get_close_matches(text.lower(), known, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise Wrong(f"must be {_any_of(known)}{hint}")
        return text

    return Kind(_any_of([f"`{word}`" for word in known]), read)


def number(*, least: int) -> Kind:
    def read(text: str) -> int:
        # ASCII digits alone: Python would read other scripts', and "1_000".
        if not re.fullmatch("[0-9]{1,12}", text) or int(text) < least:
            raise Wrong(f"must be a whole number of {least} or more, in digits alone")
        return int(text)

    return Kind("number", read)


def url_of(*schemes: str, example: str, names: str = "") -> Kind:
    """An address of a server; `names` is what must stand behind the host."""

    def read(text: str) -> str:
        url = _split(text)
        if url is None:
            raise Wrong(f"can't be read: {IN_PASSWORDS}")
        if url.scheme not in schemes:
            raise Wrong(f"must begin with {_any_of([f'{each}://' for each in schemes])}: {example}")
        if names and not url.path.strip("/"):
            raise Wrong(f"must name {names} at its end: {example} ({IN_PASSWORDS})")
        if not names and not url.hostname and not url.path:
            raise Wrong(f"must name a host: {example}")
        return text

    return Kind(f"`{schemes[0]}://…`", read)


def _site(text: str) -> str:
    url = _split(text)
    if url is None or url.scheme not in {"http", "https"} or not url.hostname:
        raise Wrong("must be an address with https:// before the host: https://asks.example")
    if url.path.strip("/") or url.query or url.fragment or "@" in url.netloc:
        raise Wrong("must end after the host, with no path: https://asks.example")
    return text.rstrip("/")


def _onion(text: str) -> str:
    site = _site(text)
    if not ONION.fullmatch(urlsplit(site).hostname or ""):
        raise Wrong("must be an onion service of 56 letters and digits: http://….onion")
    return site


def _sender(text: str) -> str:
    if not ADDRESS.fullmatch(parseaddr(text)[1]):
        raise Wrong("must have an address in angle brackets: Five Asks <hello@asks.example>")
    return text


def _mailbox(text: str) -> str:
    if not ADDRESS.fullmatch(text):
        raise Wrong("must be an address and nothing else: letters@asks.example")
    return text


def _hosts(text: str) -> list[str]:
    names = _words(text)
    if not all(map(HOST.fullmatch, names)):
        raise Wrong("must be host names by commas, without https:// and port: asks.example")
    return names


def _header(text: str) -> str:
    if not HEADER.fullmatch(text):
        raise Wrong("must be the name of a header: X-Real-IP")
    return text


def _warnings(text: str) -> list[str]:
    ids = _words(text)
    if not all(map(WARNING.fullmatch, ids)):
        raise Wrong("must be warnings' ids by commas, such as campaign.W001; errors can't be taken")
    return ids


def _yes_or_no(text: str) -> bool:
    if text.lower() not in YES | NO:
        raise Wrong("must be on or off")
    return text.lower() in YES


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _path(text: str) -> Path:
    return BASE_DIR / text


def _folder(text: str) -> Path:
    path = _path(text)
    if not path.is_dir():
        raise Wrong("must be a folder that is there")
    if not _may(path, os.R_OK | os.X_OK):
        raise Wrong("must be a folder that this process may read")
    return path


def _writable_folder(text: str) -> Path:
    path = _folder(text)
    if not _may(path, os.W_OK):
        raise Wrong("must be a folder that this process may write to")
    return path


def _may(path: Path, what: int) -> bool:
    return os.access(path, what, effective_ids=os.access in os.supports_effective_ids)


def _split(text: str) -> SplitResult | None:
    """None where it is no address, or its port is no number."""
    try:
        url = urlsplit(text)
        # PostgreSQL takes several hosts, each with a port of its own.
        _ = url.port if "," not in url.netloc else None
    except ValueError:
        return None
    return url


def _any_of(words: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


TEXT = Kind("text", str)
WORDS = Kind("words, by commas", _words, nothing=[])
YES_OR_NO = Kind("`on` or `off`", _yes_or_no, nothing=False)
SITE = Kind("address of a site", _site)
ONION_SITE = Kind("address of an onion service", _onion)
SENDER = Kind("name and address", _sender)
MAILBOX = Kind("mail address", _mailbox)
HOSTS = Kind("host names, by commas", _hosts, nothing=[])
HEADER_NAME = Kind("name of a header", _header)
WARNINGS = Kind("ids, by commas", _warnings, nothing=[])
PATH = Kind("path", _path, nothing=None)
FOLDER = Kind("folder", _folder, nothing=None)
WRITABLE_FOLDER = Kind("folder to write to", _writable_folder, nothing=None)
POSTGRESQL = url_of(
    *("postgres", "postgresql"),
    example="postgres://user:password@host/database",
    names="a database",
)
BROKER = url_of("redis", "rediss", "redis+socket", example="redis://10.0.0.2:6379/0")
COUNTERS = url_of("redis", "rediss", "unix", example="redis://10.0.0.2:6379/1")
SMTP = url_of(
    *("smtp+tls", "smtp+ssl", "smtps", "smtp"),
    example="smtp+tls://user:password@relay.example:587",
)
