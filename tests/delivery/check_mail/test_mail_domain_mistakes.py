"""What is published wrongly is named, with what to publish instead."""

import pytest

from tests.delivery.check_mail.domain import DKIM, DOMAIN, KEY, LONG_KEY, SHORT_KEY, judged

# name of the mistake: (what stands in the zone instead, what is said, what is to be published)
MISTAKES = {
    "null MX": (
        f"{DOMAIN} MX 0 .",
        "wrong MX A null MX: the domain says that it takes no mail, and mails from it are refused.",
        f"{DOMAIN} MX 10 mail.fiveasks.example.",
    ),
    "MX without an address": (
        f"{DOMAIN} MX 10 gone.fiveasks.example.",
        (
            "wrong MX No address: gone.fiveasks.example."
            " It must be a host's name with an A or AAAA record."
        ),
        f"{DOMAIN} MX 10 mail.fiveasks.example.",
    ),
    "two SPF records": (
        f'{DOMAIN} TXT "v=spf1 ip4:203.0.113.4 -all"\n{DOMAIN} TXT "v=spf1 ip4:203.0.113.9 ~all"',
        "wrong SPF 2 records, and receivers take none of them. Publish one instead:",
        f'{DOMAIN} TXT "v=spf1 ip4:203.0.113.4 ip4:203.0.113.9 -all"',
    ),
    "everybody may send": (
        f'{DOMAIN} TXT "v=spf1 ip4:203.0.113.4 +all"',
        "wrong SPF +all: everybody may send for this domain.",
        f'{DOMAIN} TXT "v=spf1 ip4:203.0.113.4 -all"',
    ),
    "the relay may not send": (
        f'{DOMAIN} TXT "v=spf1 ip4:198.51.100.0/24 -all"',
        (
            "missing SPF Not named among those who may send: 203.0.113.4. If mails leave from other"
            " addresses than those of the relay's name, say so with --relay; else publish:"
        ),
        f'{DOMAIN} TXT "v=spf1 ip4:203.0.113.4 ip4:198.51.100.0/24 -all"',
    ),
    "everybody may send, and nobody by name": (
        f'{DOMAIN} TXT "v=spf1 +all"',
        "wrong SPF +all: everybody may send for this domain.",
        f'{DOMAIN} TXT "v=spf1 ip4:203.0.113.4 -all"',
    ),
    "an SPF word that is no word": (
        f'{DOMAIN} TXT "v=spf1 ipv4:203.0.113.4 -all"',
        (
            "wrong SPF fiveasks.example: “ipv4:203.0.113.4” is not understood:"
            " receivers ignore all of it."
        ),
        None,
    ),
    "an address that is none": (
        f'{DOMAIN} TXT "v=spf1 ip4:203.0.113.400 -all"',
        (
            "wrong SPF fiveasks.example: “ip4:203.0.113.400” is no address or network:"
            " receivers ignore all of it."
        ),
        None,
    ),
    "an include that includes itself": (
        f'{DOMAIN} TXT "v=spf1 include:fiveasks.example -all"',
        "wrong SPF fiveasks.example includes itself: receivers ignore all of it.",
        None,
    ),
    "an include of nothing": (
        f'{DOMAIN} TXT "v=spf1 ip4:203.0.113.4 include:gone.example -all"',
        (
            "wrong SPF gone.example has no SPF records, but is included or redirected to:"
            " receivers ignore all of it."
        ),
        None,
    ),
    "names that are gone": (
        f'{DOMAIN} TXT "v=spf1 ip4:203.0.113.4 a:x.example a:y.example mx:z.example -all"',
        "wrong SPF 3 lookups find nothing, 2 are allowed: remove names that are gone.",
        None,
    ),
    "a short key": (
        f'{KEY} TXT "v=DKIM1; p={SHORT_KEY}"',
        "wrong DKIM one._domainkey.fiveasks.example: its RSA key has 1024 bits, 2048 are needed.",
        f'{KEY} TXT "v=DKIM1; k=rsa; p=<public key of 2048 bits, base64, no spaces>"',
    ),
    "a revoked key": (
        f'{KEY} TXT "v=DKIM1; k=rsa; p="',
        "wrong DKIM one._domainkey.fiveasks.example: the key is revoked (p= is empty).",
        f'{KEY} TXT "v=DKIM1; k=rsa; p=<public key of 2048 bits, base64, no spaces>"',
    ),
    "a key that was cut": (
        f'{KEY} TXT "v=DKIM1; k=rsa; p={LONG_KEY[:200]}"',
        (
            "wrong DKIM one._domainkey.fiveasks.example: its RSA key can't be read:"
            " perhaps it was cut when it was pasted."
        ),
        None,
    ),
    "a key that is no base64": (
        f'{KEY} TXT "v=DKIM1; k=rsa; p=ключ"',
        (
            "wrong DKIM one._domainkey.fiveasks.example: its key is no base64:"
            " perhaps it was cut when it was pasted."
        ),
        None,
    ),
    "two keys in one place": (
        f'{KEY} TXT {DKIM}\n{KEY} TXT "v=DKIM1; p="',
        (
            "wrong DKIM 2 records at one._domainkey.fiveasks.example: which one counts is chance."
            " Publish one."
        ),
        None,
    ),
    "two DMARC policies": (
        f'_dmarc.{DOMAIN} TXT "v=DMARC1; p=none"\n_dmarc.{DOMAIN} TXT "v=DMARC1; p=reject"',
        "wrong DMARC 2 records at _dmarc.fiveasks.example, and receivers take none. Publish one:",
        f'_dmarc.{DOMAIN} TXT "v=DMARC1; p=quarantine; rua=mailto:dmarc@fiveasks.example"',
    ),
    "a DMARC policy that is none": (
        f'_dmarc.{DOMAIN} TXT "v=DMARC1; p=block; rua=mailto:dmarc@fiveasks.example"',
        (
            "wrong DMARC p=block at _dmarc.fiveasks.example: a policy is none, quarantine or reject."
            " Receivers ignore it."
        ),
        f'_dmarc.{DOMAIN} TXT "v=DMARC1; p=quarantine; rua=mailto:dmarc@fiveasks.example"',
    ),
    "a reverse name that leads elsewhere": (
        "4.113.0.203.in-addr.arpa. PTR customer-4.provider.example.",
        "wrong PTR 203.0.113.4 is called customer-4.provider.example, which has not this address.",
        "customer-4.provider.example. A 203.0.113.4",
    ),
}


@pytest.mark.parametrize(("records", "words", "advice"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named(check, zone, records, words, advice):
    zone.replace(records)

    code, lines = check()

    assert code == 1
    assert words in judged(lines, "missing", "wrong")
    if advice:
        assert lines[lines.index(words) + 1] == advice


WARNINGS = {
    "SPF without an end": (
        f'{DOMAIN} TXT "v=spf1 ip4:203.0.113.4"',
        "warning SPF It ends in neither -all nor ~all: nothing is said of others who send.",
        f'{DOMAIN} TXT "v=spf1 ip4:203.0.113.4 -all"',
    ),
    "ptr": (
        f'{DOMAIN} TXT "v=spf1 ip4:203.0.113.4 ptr -all"',
        (
            "warning SPF “ptr” is slow and no longer to be used (RFC 7208, 5.5):"
            " name addresses instead."
        ),
        None,
    ),
    "a key on trial": (
        f'{KEY} TXT "v=DKIM1; k=rsa; t=y; p={LONG_KEY[:200]}" "{LONG_KEY[200:]}"',
        (
            "warning DKIM one._domainkey.fiveasks.example: only a test (t=y),"
            " receivers may treat mails as unsigned."
        ),
        f'{KEY} TXT "{f"v=DKIM1; k=rsa; p={LONG_KEY}"[:255]}" "{f"v=DKIM1; k=rsa; p={LONG_KEY}"[255:]}"',
    ),
    "p=none": (
        f'_dmarc.{DOMAIN} TXT "v=DMARC1; p=none; rua=mailto:dmarc@fiveasks.example"',
        (
            "warning DMARC p=none at _dmarc.fiveasks.example: forged mails are let through."
            " When the reports show only your own mails:"
        ),
        f'_dmarc.{DOMAIN} TXT "v=DMARC1; p=quarantine; rua=mailto:dmarc@fiveasks.example"',
    ),
    "no reports": (
        f'_dmarc.{DOMAIN} TXT "v=DMARC1; p=reject"',
        (
            "warning DMARC Nobody gets reports: add rua=mailto:… to the record at"
            " _dmarc.fiveasks.example."
        ),
        None,
    ),
    "reports to who has not agreed": (
        f'_dmarc.{DOMAIN} TXT "v=DMARC1; p=reject; rua=mailto:us@reports.example"',
        "warning DMARC reports.example has not agreed to take reports; there must be published:",
        'fiveasks.example._report._dmarc.reports.example. TXT "v=DMARC1"',
    ),
    "an alignment that is none": (
        f'_dmarc.{DOMAIN} TXT "v=DMARC1; p=reject; aspf=x; rua=mailto:dmarc@fiveasks.example"',
        "warning DMARC aspf=x: it is r (relaxed) or s (strict); receivers take it as r.",
        None,
    ),
}


@pytest.mark.parametrize(("records", "words", "advice"), WARNINGS.values(), ids=WARNINGS)
def test_a_doubt_is_a_warning_and_stops_nothing(check, zone, records, words, advice):
    zone.replace(records)

    code, lines = check()

    assert (code, judged(lines, "warning")) == (0, [words])
    if advice:
        assert lines[lines.index(words) + 1] == advice
