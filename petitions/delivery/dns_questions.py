"""What the DNS says about a name. A name that isn't there has no answers; a DNS that fails raises."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

import dns.exception
import dns.name
import dns.resolver
import dns.reversename

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NO_NAMES = (
    dns.name.BadEscape,
    dns.name.EmptyLabel,
    dns.name.LabelTooLong,
    dns.name.NameTooLong,
)


class DnsFailure(Exception):
    """Nobody can say what is published: no finding may be made of it."""


def resolver_for(nameserver: str | None, *, timeout: float) -> dns.resolver.Resolver:
    """The machine's own, or one that asks `nameserver`: IP, IP:PORT or [IPv6]:PORT.

    `timeout`: seconds that one question may take, all tries together.
    """
    try:
        resolver = dns.resolver.Resolver(configure=nameserver is None)
    except dns.exception.DNSException as error:
        raise DnsFailure(
            "This machine knows no DNS server (/etc/resolv.conf): name one with --nameserver."
        ) from error
    resolver.lifetime = timeout
    if nameserver is not None:
        address, port = _address_and_port(nameserver)
        resolver.nameservers = [address]
        resolver.port = port
    return resolver


def _address_and_port(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not separator or (":" in host and not host.startswith("[")):
        host, port = text, "53"
    try:
        address = ipaddress.ip_address(host.strip("[]"))
        number = int(port)
    except ValueError as error:
        raise DnsFailure(
            f"{text} is no IP address of a DNS server, with or without port."
        ) from error
    if not 0 < number < 2**16:
        raise DnsFailure(f"{port} is no port: it is between 1 and 65535.")
    return str(address), number


def to_ascii(domain: str) -> str:
    """As the DNS knows it: `пример.example` is `xn--e1afmkfd.example` there. Raises ValueError."""
    try:
        name = dns.name.from_unicode(domain, idna_codec=dns.name.IDNA_2008_UTS_46)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise ValueError(f"{domain} is no domain name.") from error
    if name == dns.name.root:
        raise ValueError("No domain name.")
    return name.to_text(omit_final_dot=True).lower()


def texts(resolver: dns.resolver.Resolver, name: str) -> list[str]:
    """TXT records, in an order that stays; a DNS server gives them in any.

    The strings of one are joined without a space (RFC 7208, section 3.3).
    """
    records = _ask(resolver, name, "TXT")
    return sorted(b"".join(record.strings).decode("utf-8", "replace") for record in records)


def addresses(resolver: dns.resolver.Resolver, name: str) -> list[Address]:
    return [
        ipaddress.ip_address(record.address)
        for kind in ("A", "AAAA")
        for record in _ask(resolver, name, kind)
    ]


def exchanges(resolver: dns.resolver.Resolver, name: str) -> list[str]:
    """Hosts that take its mail, the preferred first; a null MX (RFC 7505) is the empty name."""
    records = sorted(_ask(resolver, name, "MX"), key=lambda record: record.preference)
    return [record.exchange.to_text(omit_final_dot=True).rstrip(".").lower() for record in records]


def host_names(resolver: dns.resolver.Resolver, address: Address) -> list[str]:
    records = _ask(resolver, reverse_name(address), "PTR")
    return [record.target.to_text(omit_final_dot=True).lower() for record in records]


def reverse_name(address: Address) -> str:
    return dns.reversename.from_address(str(address)).to_text(omit_final_dot=True)


def _ask(resolver: dns.resolver.Resolver, name: str, kind: str) -> Iterator[Any]:
    try:
        answer = resolver.resolve(f"{name}.", kind, search=False, raise_on_no_answer=False)
    except (dns.resolver.NXDOMAIN, *NO_NAMES):
        # A name that can't be has no records either.
        return iter(())
    except dns.exception.Timeout as error:
        raise DnsFailure(
            f"No DNS server answered in time when asked for {name} {kind}: try again, or name"
            " another with --nameserver."
        ) from error
    except dns.exception.DNSException as error:
        raise DnsFailure(
            f"The DNS fails for {name} {kind} (for example SERVFAIL): nothing can be said about it"
            " before its servers answer."
        ) from error
    return iter(answer.rrset or ())
