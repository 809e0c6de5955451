from __future__ import annotations

from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from petitions.delivery.dns_questions import DnsFailure, resolver_for, to_ascii
from petitions.delivery.sending_domain import Finding, find_relay, look_at_domain, look_at_relay
from petitions.dkim import BadDkimKeys, signers

LONGEST_TIMEOUT = 300


class Command(BaseCommand):
    help = (
        "Look at what the DNS says of the domains of MAIL_FROM and LETTER_FROM and of the relay, and"
        " say what to publish. Exit code 1: something is missing or wrong; 2: the DNS can't be asked."
    )
    # It is of use before there is a database.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--selector",
            action="append",
            metavar="NAME",
            help="a DKIM selector; may be given again. Else those of the key files in DKIM_DIR",
        )
        parser.add_argument(
            "--relay",
            action="append",
            metavar="HOST",
            help="a name or IP address that mails leave from, where EMAIL_URL does not say it;"
            " may be given again",
        )
        parser.add_argument(
            "--nameserver", metavar="IP[:PORT]", help="ask this DNS server, not the machine's own"
        )

        parser.add_argument(
            "--timeout", type=seconds, default=10, metavar="SECONDS", help="for each question"
        )

    def handle(
        self,
        *,
        selector: list[str] | None,
        relay: list[str] | None,
        nameserver: str | None,
        timeout: float,
        **_: Any,
    ) -> None:
        domains = sending_domains()
        own = own_keys()
        keys = {name: own.get(name, "") for name in selector or own}
        try:
            resolver = resolver_for(nameserver, timeout=timeout)
            relays = [find_relay(resolver, host) for host in relay or [settings.EMAIL_HOST]]
            found = []
            for one in relays:
                found += self.show(f"relay {one.host}", list(look_at_relay(resolver, one)))
            for domain, names in domains.items():
                findings = look_at_domain(resolver, domain, relays=relays, keys=keys)
                found += self.show(f"{domain} ({', '.join(names)})", list(findings))
        except DnsFailure as error:
            raise CommandError(str(error), returncode=2) from error
        self.conclude(sum(finding.stops_mail for finding in found))

    def show(self, title: str, findings: list[Finding]) -> list[Finding]:
        self.stdout.write(title)
        for finding in findings:
            self.stdout.write(f"  {finding.state:<8} {finding.about:<6} {finding.words}")
            if finding.publish:
                self.stdout.write(f"{'':18}{finding.publish}")
        return findings

    def conclude(self, faults: int) -> None:
        if faults:
            raise CommandError(f"Not ready for mail: {faults} missing or wrong, named above.")
        self.stdout.write("Nothing is missing.")


def seconds(text: str) -> float:
    number = float(text)
    if not 0 < number <= LONGEST_TIMEOUT:
        raise ValueError(text)
    return number


def sending_domains() -> dict[str, list[str]]:
    """Each domain once, with the settings that name it."""
    senders = {"MAIL_FROM": settings.DEFAULT_FROM_EMAIL, "LETTER_FROM": settings.LETTER_FROM}
    domains: dict[str, list[str]] = {}
    for name, sender in senders.items():
        domain = parseaddr(sender)[1].partition("@")[2].rstrip(".")
        try:
            domains.setdefault(to_ascii(domain), []).append(name)
        except ValueError as error:
            raise CommandError(f"{name} names no address: “{sender}”.", returncode=2) from error
    return domains


def own_keys() -> dict[str, str]:
    """The records of the keys in DKIM_DIR, by selector; none where the relay signs."""
    if not settings.DKIM_DIR:
        return {}
    try:
        return {signer.selector: signer.record for signer in signers(settings.DKIM_DIR)}
    except BadDkimKeys as error:
        raise CommandError(str(error), returncode=2) from error
