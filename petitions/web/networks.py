"""Which networks a form comes from, and how many mails each may cause in a short time.

Addresses are looked at and forgotten here; what is counted under is made in `limits`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any

from django.conf import settings

log = logging.getLogger(__name__)

Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class Network:
    """How many mails it may cause in six minutes, and whether strangers share it."""

    name: str
    allowance: int
    is_shared: bool


def networks_of(meta: Mapping[str, Any]) -> list[Network]:
    """The narrowest first; none where nothing tells its users apart (Tor, the onion service)."""
    address = _client_address(meta)
    if address is None or address in _tor_exits():
        return []
    if isinstance(address, IPv4Address):
        # Carriers put hundreds of customers behind one address; a wider network would throw
        # carriers themselves together.
        return [Network(str(address), 60, is_shared=True)]
    # One connection has a /64 (RFC 6177); a site has up to a /48, and a carrier's phones, a /64
    # each, may share one.
    return [
        Network(str(ip_network((address, 64), strict=False)), 5, is_shared=False),
        Network(str(ip_network((address, 48), strict=False)), 30, is_shared=True),
    ]


def _client_address(meta: Mapping[str, Any]) -> Address | None:
    """None for what comes from this machine or house, as onion services do, and for nonsense."""
    header = settings.CLIENT_ADDRESS_HEADER
    typed = meta.get(_variable(header) if header else "REMOTE_ADDR", "")
    try:
        address = ip_address(typed.strip())
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address if address.is_global else None


@cache
def _variable(header: str) -> str:
    """As WSGI names it."""
    return f"HTTP_{header.upper().replace('-', '_')}"


def _tor_exits() -> frozenset[Address]:
    if not settings.TOR_EXITS_FILE:
        return frozenset()
    path = Path(settings.TOR_EXITS_FILE)
    try:
        return _read_exits(path, path.stat().st_mtime_ns)
    except OSError as fault:
        log.warning("TOR_EXITS_FILE can't be read: %s", type(fault).__name__)
        return frozenset()


@lru_cache(maxsize=1)
def _read_exits(path: Path, _changed: int) -> frozenset[Address]:
    return frozenset(filter(None, map(_address_in, path.read_text(errors="replace").splitlines())))


def _address_in(line: str) -> Address | None:
    """Lists have comments and headings, too."""
    try:
        return ip_address(line.strip())
    except ValueError:
        return None
