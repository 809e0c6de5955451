"""What the DNS must say before mail from a domain is believed, and what to publish where it doesn't.

Nothing here is ever changed, and nothing but the DNS is asked.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import dns.resolver

from petitions.delivery import dkim_records, spf
from petitions.delivery.dns_questions import (
    Address,
    addresses,
    exchanges,
    host_names,
    reverse_name,
    texts,
)

# What no receiver sees as the sender; written out, as Python calls documentation's networks private.
LOCAL_NETWORKS = [
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.168.0.0/16", "::/127", "fc00::/7", "fe80::/10"),
    )
]
# One string of a TXT record holds no more (RFC 1035, section 3.3.14).
LONGEST_STRING = 255


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"
    WRONG = "wrong"


@dataclass(frozen=True)
class Record:
    name: str
    kind: str
    value: str

    def __str__(self) -> str:
        """As a zone file has it."""
        return f"{self.name}. {self.kind} {self.quoted() if self.kind == 'TXT' else self.value}"

    def quoted(self) -> str:
        starts = range(0, len(self.value), LONGEST_STRING)
        return " ".join(f'"{self.value[start : start + LONGEST_STRING]}"' for start in starts)


@dataclass(frozen=True)
class Finding:
    state: State
    about: str
    words: str
    publish: Record | None = None

    @property
    def stops_mail(self) -> bool:
        return self.state in {State.MISSING, State.WRONG}


@dataclass(frozen=True)
class Relay:
    """The host that mails leave from. Without public addresses nothing is known of its way out."""

    host: str
    addresses: tuple[Address, ...]

    @property
    def public(self) -> list[Address]:
        return [address for address in self.addresses if is_public(address)]

    @property
    def public_name(self) -> str | None:
        return self.host if self.public and not _is_address(self.host) else None


def find_relay(resolver: dns.resolver.Resolver, host: str) -> Relay:
    host = host.strip("[]").rstrip(".").lower()
    if _is_address(host):
        return Relay(host, (ipaddress.ip_address(host),))
    if host == "localhost":
        return Relay(host, (ipaddress.ip_address("127.0.0.1"),))
    return Relay(host, tuple(addresses(resolver, host)))


def is_public(address: Address) -> bool:
    return not any(address in network for network in LOCAL_NETWORKS)


def look_at_relay(resolver: dns.resolver.Resolver, relay: Relay) -> Iterator[Finding]:
    if not relay.addresses:
        yield Finding(State.MISSING, "relay", f"{relay.host} has no address in the DNS.")
    elif not relay.public:
        yield Finding(
            State.WARNING,
            "relay",
            f"{relay.host} is local: which addresses its mails leave from must be checked at the"
            " relay itself. Name them with --relay.",
        )
    for address in relay.public:
        yield _look_at_reverse_name(resolver, relay, address)


def look_at_domain(
    resolver: dns.resolver.Resolver,
    domain: str,
    *,
    relays: Sequence[Relay],
    keys: Mapping[str, str],
) -> Iterator[Finding]:
    """`domain` in ASCII; `keys` that its mails are signed with by DKIM, by selector: the record
    that each needs, or nothing where only the relay knows it."""
    yield from look_at_mx(resolver, domain, relays)
    senders = list(dict.fromkeys(address for relay in relays for address in relay.public))
    yield from look_at_spf(resolver, domain, senders)
    yield from look_at_dkim(resolver, domain, keys)
    yield from look_at_dmarc(resolver, domain)


# --- MX


def look_at_mx(
    resolver: dns.resolver.Resolver, domain: str, relays: Sequence[Relay]
) -> Iterator[Finding]:
    named = [relay.public_name for relay in relays if relay.public_name]
    advice = Record(domain, "MX", f"10 {named[0] if named else f'mail.{domain}'}.")
    hosts = exchanges(resolver, domain)
    if not hosts:
        yield Finding(State.MISSING, "MX", "No host takes bounces and answers.", advice)
    elif "" in hosts:
        words = "A null MX: the domain says that it takes no mail, and mails from it are refused."
        yield Finding(State.WRONG, "MX", words, advice)
    elif lost := [host for host in hosts if not addresses(resolver, host)]:
        words = f"No address: {', '.join(lost)}. It must be a host's name with an A or AAAA record."
        yield Finding(State.WRONG, "MX", words, advice)
    else:
        yield Finding(State.OK, "MX", f"Bounces and answers come back to {', '.join(hosts)}.")


# --- SPF


def look_at_spf(
    resolver: dns.resolver.Resolver, domain: str, senders: list[Address]
) -> Iterator[Finding]:
    found = spf.records(resolver, domain)
    if not found:
        value = " ".join(["v=spf1", *(map(_mechanism, senders) if senders else ["mx"]), "-all"])
        words = "No record says who may send for this domain."
        yield Finding(State.MISSING, "SPF", words, Record(domain, "TXT", value))
    elif len(found) > 1:
        words = f"{len(found)} records, and receivers take none of them. Publish one instead:"
        yield Finding(State.WRONG, "SPF", words, Record(domain, "TXT", _joined(found)))
    else:
        policy, reading = spf.read_policy(resolver, domain, found[0])
        yield from _look_at_cost(reading)
        unnamed = [address for address in senders if not spf.names(policy, address)]
        advice = Record(domain, "TXT", _improved(found[0], policy, unnamed))
        yield _look_at_all(policy, advice)
        yield from _look_at_senders(senders, unnamed, advice)


def _look_at_cost(reading: spf.Reading) -> Iterator[Finding]:
    for problem in reading.problems:
        yield Finding(State.WRONG, "SPF", f"{problem}: receivers ignore all of it.")
    if reading.uses_ptr:
        words = "“ptr” is slow and no longer to be used (RFC 7208, 5.5): name addresses instead."
        yield Finding(State.WARNING, "SPF", words)
    cost = f"{reading.lookups} DNS lookups of {spf.MOST_LOOKUPS}"
    if reading.lookups > spf.MOST_LOOKUPS:
        words = (
            f"{cost}: receivers give up. Replace includes by the addresses behind them (ip4, ip6)."
        )
        yield Finding(State.WRONG, "SPF", words)
    elif reading.void_lookups > spf.MOST_VOID_LOOKUPS:
        words = (
            f"{reading.void_lookups} lookups find nothing, {spf.MOST_VOID_LOOKUPS} are allowed:"
            " remove names that are gone."
        )
        yield Finding(State.WRONG, "SPF", words)
    elif not reading.problems:
        yield Finding(State.OK, "SPF", f"One record, {cost}.")


def _look_at_all(policy: spf.Policy, advice: Record) -> Finding:
    others = spf.verdict_on_others(policy)
    if others in {"-", "~"}:
        return Finding(State.OK, "SPF", f"It ends in {others}all: others may not send.")
    own_end = None if policy.redirect else advice
    if others == "+":
        return Finding(State.WRONG, "SPF", "+all: everybody may send for this domain.", own_end)
    words = "It ends in neither -all nor ~all: nothing is said of others who send."
    return Finding(State.WARNING, "SPF", words, own_end)


def _look_at_senders(
    senders: list[Address], unnamed: list[Address], advice: Record
) -> Iterator[Finding]:
    for address in senders:
        if address not in unnamed:
            yield Finding(State.OK, "SPF", f"{address} may send.")
    if unnamed:
        words = (
            f"Not named among those who may send: {', '.join(map(str, unnamed))}. If mails leave"
            " from other addresses than those of the relay's name, say so with --relay; else publish:"
        )
        yield Finding(State.MISSING, "SPF", words, advice)


def _improved(record: str, policy: spf.Policy, unnamed: list[Address]) -> str:
    """One record against all that is wrong: two would be another mistake."""
    version, *terms = record.split()
    # An `all` beside a redirect would switch it off.
    if spf.verdict_on_others(policy) not in {"-", "~"} and not policy.redirect:
        terms = [*(word for word in terms if word.lower().lstrip("+-~?") != "all"), "-all"]
    return " ".join([version, *map(_mechanism, unnamed), *terms])


def _mechanism(address: Address) -> str:
    return f"ip{address.version}:{address}"


def _joined(records: list[str]) -> str:
    """One record that allows what each of them allowed."""
    words = dict.fromkeys(word for record in records for word in record.split()[1:])
    kept = [word for word in words if word.lower().lstrip("+-~?") != "all"]
    return " ".join(["v=spf1", *kept, "-all" if "-all" in words else "~all"])


# --- DKIM

SOME_KEY = "v=DKIM1; k=rsa; p=<public key of 2048 bits, base64, no spaces>"


def look_at_dkim(
    resolver: dns.resolver.Resolver, domain: str, keys: Mapping[str, str]
) -> Iterator[Finding]:
    if not keys:
        words = "Nobody can find keys without their selectors: name each with --selector."
        yield Finding(State.WARNING, "DKIM", words)
    kinds = set()
    for selector, record in keys.items():
        name = f"{selector}._domainkey.{domain}"
        found = texts(resolver, name)
        kinds |= {dkim_records.key_type(record) for record in found}
        yield _look_at_key(name, found, record)
    if kinds == {"ed25519"}:
        words = "Only Ed25519: most large receivers check RSA alone. Sign with both."
        yield Finding(State.WARNING, "DKIM", words)


def _look_at_key(name: str, found: list[str], record: str) -> Finding:
    advice = Record(name, "TXT", record or SOME_KEY)
    if not found:
        return Finding(State.MISSING, "DKIM", f"No key at {name}.", advice)
    if len(found) > 1:
        words = f"{len(found)} records at {name}: which one counts is chance. Publish one."
        return Finding(State.WRONG, "DKIM", words, advice)
    if fault := dkim_records.fault(found[0]):
        return Finding(State.WRONG, "DKIM", f"{name}: {fault}.", advice)
    if record and not dkim_records.same_key(found[0], record):
        words = f"{name}: another key than the one in DKIM_DIR, by which mails are signed."
        return Finding(State.WRONG, "DKIM", words, advice)
    if dkim_records.is_test(found[0]):
        kept = [part.strip() for part in found[0].split(";") if part.strip()]
        value = "; ".join(part for part in kept if part.partition("=")[0].strip().lower() != "t")
        words = f"{name}: only a test (t=y), receivers may treat mails as unsigned."
        return Finding(State.WARNING, "DKIM", words, Record(name, "TXT", value))
    return Finding(State.OK, "DKIM", f"{name}: {dkim_records.key_type(found[0])} key.")


# --- DMARC


def look_at_dmarc(resolver: dns.resolver.Resolver, domain: str) -> Iterator[Finding]:
    advice = Record(f"_dmarc.{domain}", "TXT", f"v=DMARC1; p=quarantine; rua=mailto:dmarc@{domain}")
    at, found = _find_dmarc(resolver, domain)
    if not found:
        words = "No policy: large receivers want one, and anybody may write in this domain's name."
        yield Finding(State.MISSING, "DMARC", words, advice)
    elif len(found) > 1:
        words = f"{len(found)} records at _dmarc.{at}, and receivers take none. Publish one:"
        yield Finding(State.WRONG, "DMARC", words, advice)
    else:
        tags = dkim_records.tags(found[0])
        yield _look_at_policy(at, tags, advice, inherited=at != domain)
        yield from _look_at_alignment(tags)
        yield _look_at_reports(resolver, at, tags.get("rua", ""))


def _find_dmarc(resolver: dns.resolver.Resolver, domain: str) -> tuple[str, list[str]]:
    """The nearest policy, its own or that of a domain above, but for the top."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        at = ".".join(labels[start:])
        found = texts(resolver, f"_dmarc.{at}")
        found = [text for text in found if dkim_records.tags(text).get("v") == "DMARC1"]
        if found:
            return at, found
    return domain, []


def _look_at_policy(at: str, tags: dict[str, str], advice: Record, *, inherited: bool) -> Finding:
    tag = "sp" if inherited and "sp" in tags else "p"
    policy = tags.get(tag, "").lower()
    where = f"{tag}={policy} at _dmarc.{at}"
    if policy not in {"none", "quarantine", "reject"}:
        words = f"{where}: a policy is none, quarantine or reject. Receivers ignore it."
        return Finding(State.WRONG, "DMARC", words, advice)
    if policy == "none":
        words = f"{where}: forged mails are let through. When the reports show only your own mails:"
        return Finding(State.WARNING, "DMARC", words, advice)
    if tags.get("pct", "100") != "100" or "y" in tags.get("t", "").lower():
        return Finding(State.WARNING, "DMARC", f"{where}, but not for all mails.", advice)
    return Finding(State.OK, "DMARC", f"{where}.")


def _look_at_alignment(tags: dict[str, str]) -> Iterator[Finding]:
    modes = {"r": "the domain or one below or above it", "s": "exactly the domain of From"}
    for tag, what in {"adkim": "DKIM's d=", "aspf": "the return path"}.items():
        mode = tags.get(tag, "r").lower()
        if mode in modes:
            yield Finding(State.OK, "DMARC", f"{tag}={mode}: {what} must be {modes[mode]}.")
        else:
            words = f"{tag}={mode}: it is r (relaxed) or s (strict); receivers take it as r."
            yield Finding(State.WARNING, "DMARC", words)


def _look_at_reports(resolver: dns.resolver.Resolver, at: str, rua: str) -> Finding:
    addressees = [uri.strip() for uri in rua.split(",") if uri.strip()]
    if not addressees:
        words = f"Nobody gets reports: add rua=mailto:… to the record at _dmarc.{at}."
        return Finding(State.WARNING, "DMARC", words)
    for uri in addressees:
        scheme, _, address = uri.partition(":")
        host = address.partition("!")[0].rpartition("@")[2].lower()
        if scheme.lower() != "mailto" or "@" not in address or not host:
            return Finding(State.WARNING, "DMARC", f"rua={uri}: reports go to mailto: addresses.")
        if not _agrees_to_reports(resolver, at, host):
            # RFC 7489, section 7.1: else anybody could be flooded with reports.
            words = f"{host} has not agreed to take reports; there must be published:"
            advice = Record(f"{at}._report._dmarc.{host}", "TXT", "v=DMARC1")
            return Finding(State.WARNING, "DMARC", words, advice)
    return Finding(State.OK, "DMARC", f"Reports go to {', '.join(addressees)}.")


def _agrees_to_reports(resolver: dns.resolver.Resolver, at: str, host: str) -> bool:
    if f".{host}".endswith(f".{at}") or f".{at}".endswith(f".{host}"):
        return True
    found = texts(resolver, f"{at}._report._dmarc.{host}")
    return any(dkim_records.tags(text).get("v") == "DMARC1" for text in found)


# --- Reverse DNS


def _look_at_reverse_name(
    resolver: dns.resolver.Resolver, relay: Relay, address: Address
) -> Finding:
    names = host_names(resolver, address)
    if not names:
        return Finding(
            State.MISSING,
            "PTR",
            f"{address} has no name: many receivers refuse it. Who rents you the address publishes:",
            Record(reverse_name(address), "PTR", f"{relay.public_name or '<name of the relay>'}."),
        )
    if confirmed := [name for name in names if address in addresses(resolver, name)]:
        return Finding(State.OK, "PTR", f"{address} is {confirmed[0]}, and the other way round.")
    return Finding(
        State.WRONG,
        "PTR",
        f"{address} is called {names[0]}, which has not this address.",
        Record(names[0], "A" if address.version == 4 else "AAAA", str(address)),  # noqa: PLR2004 - IP's versions
    )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
