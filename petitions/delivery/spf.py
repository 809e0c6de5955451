"""Sender Policy Framework (RFC 7208): who may send for a domain, and at the cost of how many lookups.

The whole policy is read once, as a receiver reads it for a sender whom nothing matches.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field

import dns.resolver

from petitions.delivery.dns_questions import Address, addresses, exchanges, texts

# RFC 7208, section 4.6.4. A receiver that needs more gives up, and the mail has no SPF.
MOST_LOOKUPS = 10
MOST_VOID_LOOKUPS = 2
MOST_EXCHANGES = 10
# Nobody's policy is this large; a policy that never ends is left here.
ENOUGH_LOOKUPS = 40

MECHANISM = re.compile(
    r"(?P<qualifier>[+\-~?]?)(?P<name>all|include|a|mx|ptr|ip4|ip6|exists)"
    r"(?:(?=/)|:|$)(?P<value>.*)",
    re.IGNORECASE,
)
MODIFIER = re.compile(r"(?P<name>[a-z][a-z0-9_.-]*)=(?P<value>.*)", re.IGNORECASE)
DOMAIN_AND_PREFIXES = re.compile(r"(?P<domain>[^/]*)(?:/(?P<four>\d+))?(?://(?P<six>\d+))?")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass
class Reading:
    """What reading a policy cost, and what is wrong with it in any of its parts."""

    lookups: int = 0
    void_lookups: int = 0
    problems: list[str] = field(default_factory=list)
    uses_ptr: bool = False


@dataclass(frozen=True)
class Term:
    qualifier: str
    networks: tuple[Network, ...] = ()
    included: Policy | None = None
    is_all: bool = False

    def matches(self, address: Address) -> bool:
        if self.included:
            return verdict(self.included, address) == "+"
        return self.is_all or any(address in network for network in self.networks)


@dataclass
class Policy:
    domain: str
    terms: list[Term] = field(default_factory=list)
    redirect: Policy | None = None


def records(resolver: dns.resolver.Resolver, domain: str) -> list[str]:
    found = [text.strip() for text in texts(resolver, domain)]
    return [text for text in found if (text.lower() + " ").startswith("v=spf1 ")]


def read_policy(
    resolver: dns.resolver.Resolver, domain: str, record: str
) -> tuple[Policy, Reading]:
    """`record` with all that it includes or redirects to."""
    reading = Reading()
    return _Reader(resolver, reading).read(domain, record, ()), reading


def verdict(policy: Policy, address: Address) -> str:
    """The qualifier of what matches first: "+", "-", "~" or "?"."""
    for term in policy.terms:
        if term.matches(address):
            return term.qualifier
    return verdict(policy.redirect, address) if policy.redirect else "?"


def names(policy: Policy, address: Address) -> bool:
    """Whether it may send for another reason than that everybody may."""
    for term in policy.terms:
        if term.matches(address):
            return term.qualifier == "+" and not term.is_all
    return names(policy.redirect, address) if policy.redirect else False


def verdict_on_others(policy: Policy) -> str | None:
    """The qualifier of its `all`, or of the one that it redirects to; None without any."""
    for term in policy.terms:
        if term.is_all:
            return term.qualifier
    return verdict_on_others(policy.redirect) if policy.redirect else None


@dataclass(frozen=True)
class _Reader:
    resolver: dns.resolver.Resolver
    reading: Reading

    def read(self, domain: str, record: str, parents: tuple[str, ...]) -> Policy:
        policy, redirect = Policy(domain), ""
        for word in record.split()[1:]:
            if found := MECHANISM.fullmatch(word):
                if not any(term.is_all for term in policy.terms):  # the rest is never looked at
                    policy.terms.append(self.term(found, domain, parents))
            elif modifier := MODIFIER.fullmatch(word):
                if modifier["name"].lower() == "redirect":
                    redirect = modifier["value"]
            else:
                self.problem(f"{domain}: “{word}” is not understood")
        if redirect and not any(term.is_all for term in policy.terms):
            self.reading.lookups += 1
            policy.redirect = self.follow(redirect, (*parents, domain))
        return policy

    def term(self, found: re.Match[str], domain: str, parents: tuple[str, ...]) -> Term:
        name, value, qualifier = found["name"].lower(), found["value"], found["qualifier"] or "+"
        if name == "all":
            return Term(qualifier, is_all=True)
        if name in {"ip4", "ip6"}:
            return Term(qualifier, self.network(name, value, domain))
        self.reading.lookups += 1
        if name == "include":
            return Term(qualifier, included=self.follow(value, (*parents, domain)))
        if name in {"a", "mx"}:
            return Term(qualifier, self.hosts(name, value, domain))
        self.reading.uses_ptr |= name == "ptr"
        # `ptr` and `exists` ask about the sender: nothing can be said before there is one.
        return Term(qualifier)

    def follow(self, target: str, parents: tuple[str, ...]) -> Policy:
        target = target.lower().rstrip(".")
        if target in parents:
            self.problem(f"{target} includes itself")
        elif not target:
            self.problem(f"{parents[-1]}: an include or redirect names no domain")
        elif "%" not in target and self.reading.lookups <= ENOUGH_LOOKUPS:
            found = records(self.resolver, target)
            if len(found) == 1:
                return self.read(target, found[0], parents)
            self.reading.void_lookups += not texts(self.resolver, target)
            self.problem(
                f"{target} has {len(found) or 'no'} SPF records, but is included or redirected to"
            )
        return Policy(target)

    def network(self, name: str, value: str, domain: str) -> tuple[Network, ...]:
        kind = ipaddress.IPv4Network if name == "ip4" else ipaddress.IPv6Network
        try:
            return (kind(value, strict=False),)
        except ValueError:
            self.problem(f"{domain}: “{name}:{value}” is no address or network")
            return ()

    def hosts(self, name: str, value: str, domain: str) -> tuple[Network, ...]:
        found = DOMAIN_AND_PREFIXES.fullmatch(value)
        if found is None or int(found["four"] or 0) > 32 or int(found["six"] or 0) > 128:  # noqa: PLR2004 - bits of an address
            self.problem(f"{domain}: “{name}:{value}” is not understood")
            return ()
        target = found["domain"].lower().rstrip(".") or domain
        if "%" in target or self.reading.lookups > ENOUGH_LOOKUPS:
            return ()
        hosts = [target] if name == "a" else exchanges(self.resolver, target)
        if len(hosts) > MOST_EXCHANGES:
            self.problem(f"{target} has more than {MOST_EXCHANGES} MX records, and is used as “mx”")
        known = [one for host in hosts[:MOST_EXCHANGES] if host for one in self.look_up(host)]
        self.reading.void_lookups += not hosts
        prefixes = {4: found["four"] or "32", 6: found["six"] or "128"}
        return tuple(
            ipaddress.ip_network(f"{one}/{prefixes[one.version]}", strict=False) for one in known
        )

    def look_up(self, host: str) -> list[Address]:
        found = addresses(self.resolver, host)
        self.reading.void_lookups += not found
        return found

    def problem(self, words: str) -> None:
        if words not in self.reading.problems:
            self.reading.problems.append(words)
