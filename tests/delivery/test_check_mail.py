"""`manage.py check_mail`, as a person sees it who sets a domain up for mail."""

import base64
import io
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.core.management import CommandError, call_command

from tests.delivery.dns_server import Zone, dns_server

ROOT = Path(__file__).resolve().parent.parent.parent


def key_of(bits):
    public = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


LONG_KEY = key_of(2048)
SHORT_KEY = key_of(1024)
# A key of 2048 bits is longer than one string of a TXT record.
DKIM = f'"v=DKIM1; k=rsa; p={LONG_KEY[:200]}" "{LONG_KEY[200:]}"'
DOMAIN = "fiveasks.example."
KEY = "one._domainkey.fiveasks.example."
GOOD = f"""
{DOMAIN} MX 10 mail.fiveasks.example.
{DOMAIN} TXT "v=spf1 ip4:203.0.113.4 -all"
{DOMAIN} TXT "some-service-verification=1"
{KEY} TXT {DKIM}
_dmarc.{DOMAIN} TXT "v=DMARC1; p=reject; adkim=s; rua=mailto:dmarc@fiveasks.example"
_dmarc.{DOMAIN} TXT "a wildcard's words"
mail.{DOMAIN} A 203.0.113.4
4.113.0.203.in-addr.arpa. PTR mail.fiveasks.example.
"""


@pytest.fixture
def zone():
    return Zone(GOOD)


@pytest.fixture
def check(zone, settings):
    """Run the command; the exit code, and what it said in lines without their indentation."""
    settings.DEFAULT_FROM_EMAIL = "Five Asks <hello@fiveasks.example>"
    settings.LETTER_FROM = "Five Asks <letters@fiveasks.example>"
    settings.EMAIL_HOST = "mail.fiveasks.example"

    def run(*words, selector="one"):
        said = io.StringIO()
        chosen = ["--selector", selector] if selector else []
        try:
            call_command("check_mail", "--nameserver", server, *chosen, *words, stdout=said)
        except CommandError as error:
            said.write(f"{error}\n")
            return error.returncode, [
                " ".join(line.split()) for line in said.getvalue().split("\n")
            ]
        return 0, [" ".join(line.split()) for line in said.getvalue().split("\n")]

    with dns_server(zone) as server:
        yield run


def judged(lines, *states):
    return [line for line in lines if line.split(" ")[0] in states]


def published(lines):
    kinds = {"MX", "TXT", "PTR", "A", "AAAA"}
    return [
        line
        for line in lines
        if line.split(" ")[1:2] and line.split(" ")[1] in kinds and line.split(" ")[0].endswith(".")
    ]


def test_a_good_domain_is_ready(check):
    code, lines = check()

    assert code == 0
    assert lines == [
        "relay mail.fiveasks.example",
        "ok PTR 203.0.113.4 is mail.fiveasks.example, and the other way round.",
        "fiveasks.example (MAIL_FROM, LETTER_FROM)",
        "ok MX Bounces and answers come back to mail.fiveasks.example.",
        "ok SPF One record, 0 DNS lookups of 10.",
        "ok SPF It ends in -all: others may not send.",
        "ok SPF 203.0.113.4 may send.",
        "ok DKIM one._domainkey.fiveasks.example: rsa key.",
        "ok DMARC p=reject at _dmarc.fiveasks.example.",
        "ok DMARC adkim=s: DKIM's d= must be exactly the domain of From.",
        "ok DMARC aspf=r: the return path must be the domain or one below or above it.",
        "ok DMARC Reports go to mailto:dmarc@fiveasks.example.",
        "Nothing is missing.",
        "",
    ]


def test_an_empty_domain_is_ready_once_all_that_is_said_is_published(check, zone):
    zone.records.clear()
    zone.publish(f"mail.{DOMAIN} A 203.0.113.4")

    code, lines = check()

    assert code == 1
    assert judged(lines, "ok", "warning", "wrong") == []
    assert [line.split(" ")[1] for line in judged(lines, "missing")] == [
        *("PTR", "MX", "SPF", "DKIM", "DMARC")
    ]
    assert lines[-2] == "Not ready for mail: 5 missing or wrong, named above."
    to_publish = published(lines)
    assert len(to_publish) == 5
    key = "<public key of 2048 bits, base64, no spaces>"
    zone.publish(
        "\n".join(to_publish).replace(f'p={key}"', f'p=" "{LONG_KEY[:200]}" "{LONG_KEY[200:]}"')
    )
    assert check()[0] == 0


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


def test_a_relay_without_a_reverse_name(check, zone):
    zone.remove("4.113.0.203.in-addr.arpa.", "PTR")

    code, lines = check()

    assert code == 1
    assert judged(lines, "missing") == [
        (
            "missing PTR 203.0.113.4 has no name: many receivers refuse it."
            " Who rents you the address publishes:"
        )
    ]
    assert "4.113.0.203.in-addr.arpa. PTR mail.fiveasks.example." in lines


@pytest.mark.parametrize(("includes", "code"), [(10, 0), (11, 1)])
def test_spf_lookups_are_counted_to_ten_through_includes_and_redirects(check, zone, includes, code):
    """The first two are an include and the redirect in it."""
    zone.publish('a.esp.example. TXT "v=spf1 redirect=b.esp.example"')
    more = " ".join(f"a:mail.fiveasks.example/{31 - number}" for number in range(includes - 2))
    zone.publish(f'b.esp.example. TXT "v=spf1 {more} ?all"')
    zone.replace(f'{DOMAIN} TXT "v=spf1 include:a.esp.example -all"')

    found, lines = check()

    assert found == code
    cost = f"{includes} DNS lookups of 10"
    assert any(cost in line for line in judged(lines, "wrong" if code else "ok"))


@pytest.mark.parametrize(
    "policy",
    [
        "a:mail.fiveasks.example",
        "a:MAIL.fiveasks.example./24//64",
        "a:other.example/24",
        "mx",
        "ip4:203.0.113.0/24",
        "include:esp.example",
        "IP4:203.0.113.4",
    ],
)
def test_the_relay_may_send_however_its_address_is_written(check, zone, policy):
    zone.publish("other.example. A 203.0.113.77")
    zone.publish('esp.example. TXT "v=spf1 -ip4:203.0.113.9 ip4:203.0.113.0/28 -all"')
    zone.replace(f'{DOMAIN} TXT "v=spf1 {policy} -all"')

    code, lines = check()

    assert code == 0
    assert "ok SPF 203.0.113.4 may send." in lines


@pytest.mark.parametrize(
    "policy", ["-ip4:203.0.113.4 ip4:203.0.113.0/28 -all", "ip4:203.0.113.9 ~all", "?all"]
)
def test_an_include_that_does_not_pass_the_relay_does_not_let_it_send(check, zone, policy):
    zone.publish(f'esp.example. TXT "v=spf1 {policy}"')
    zone.replace(f'{DOMAIN} TXT "v=spf1 include:esp.example -all"')

    code, lines = check()

    assert code == 1
    assert len(judged(lines, "missing")) == 1


def test_who_redirects_is_not_told_to_write_an_end_that_switches_it_off(check, zone):
    zone.publish('esp.example. TXT "v=spf1 ip4:203.0.113.4 +all"')
    zone.replace(f'{DOMAIN} TXT "v=spf1 redirect=esp.example"')

    code, lines = check()

    assert code == 1
    assert judged(lines, "wrong") == ["wrong SPF +all: everybody may send for this domain."]
    assert published(lines) == []


def test_txt_records_split_in_strings_are_joined_without_a_space(check, zone):
    zone.replace(f'{DOMAIN} TXT "v=spf1 ip4:203.0." "113.4 -all"')

    assert check()[0] == 0


def test_a_local_relay_must_be_checked_itself(check, settings):
    settings.EMAIL_HOST = "127.0.0.1"

    code, lines = check()

    assert code == 0
    assert judged(lines, "warning") == [
        (
            "warning relay 127.0.0.1 is local: which addresses its mails leave from must be checked at"
            " the relay itself. Name them with --relay."
        )
    ]
    assert "ok SPF 203.0.113.4 may send." not in lines
    assert "ok SPF 203.0.113.4 may send." in check("--relay", "203.0.113.4")[1]


def test_a_relay_with_ipv6_needs_a_name_for_each_address(check, zone):
    zone.publish(f"mail.{DOMAIN} AAAA 2001:db8::4")

    code, lines = check()

    assert code == 1
    nibbles = "4" + ".0" * 23 + ".8.b.d.0.1.0.0.2"
    assert f"{nibbles}.ip6.arpa. PTR mail.fiveasks.example." in lines
    assert f'{DOMAIN} TXT "v=spf1 ip6:2001:db8::4 ip4:203.0.113.4 -all"' in lines


def test_all_addresses_of_the_relay_are_published_in_one_record(check, zone):
    zone.publish(f"mail.{DOMAIN} AAAA 2001:db8::4")
    zone.replace(f'{DOMAIN} TXT "v=spf1 ip4:198.51.100.7 ?all"')

    _, lines = check()

    records = [line for line in published(lines) if "v=spf1" in line]
    assert set(records) == {
        f'{DOMAIN} TXT "v=spf1 ip4:203.0.113.4 ip6:2001:db8::4 ip4:198.51.100.7 -all"'
    }


def test_a_relay_that_does_not_exist(check, settings):
    settings.EMAIL_HOST = "gone.example"

    code, lines = check()

    assert code == 1
    assert judged(lines, "missing") == ["missing relay gone.example has no address in the DNS."]


def test_a_domain_in_letters_of_its_own_is_asked_as_the_dns_knows_it(check, zone, settings):
    settings.LETTER_FROM = "Пять просьб <letters@пример.example>"
    zone.publish(GOOD.replace("fiveasks.example", "xn--e1afmkfd.example"))

    code, lines = check()

    assert code == 0
    assert "fiveasks.example (MAIL_FROM)" in lines
    assert "xn--e1afmkfd.example (LETTER_FROM)" in lines


def test_a_domain_below_another_inherits_its_dmarc_policy(check, zone, settings):
    settings.DEFAULT_FROM_EMAIL = settings.LETTER_FROM = "letters@mail.fiveasks.example"
    zone.replace(
        f'_dmarc.{DOMAIN} TXT "v=DMARC1; p=reject; sp=none; rua=mailto:a@fiveasks.example"'
    )

    _, lines = check()

    assert any(
        line.startswith("warning DMARC sp=none at _dmarc.fiveasks.example") for line in lines
    )


def write_keys(folder):
    folder.mkdir()
    for name, key in {
        "one": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "two": ed25519.Ed25519PrivateKey.generate(),
    }.items():
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{name}.pem").write_bytes(pem)
    return folder


def test_the_keys_that_sign_are_looked_for_and_told_as_they_must_be_published(
    check, zone, settings, tmp_path
):
    settings.DKIM_DIR = write_keys(tmp_path / "keys")

    code, lines = check(selector=None)

    assert code == 1
    other = "another key than the one in DKIM_DIR, by which mails are signed."
    assert judged(lines, "missing", "wrong") == [
        f"wrong DKIM one._domainkey.fiveasks.example: {other}",
        "missing DKIM No key at two._domainkey.fiveasks.example.",
    ]
    zone.replace("\n".join(published(lines)))
    assert check(selector=None)[0] == 0


def test_keys_that_nobody_can_sign_with_are_told(check, settings, tmp_path):
    settings.DKIM_DIR = tmp_path

    code, lines = check(selector=None)

    assert code == 2
    assert f"{tmp_path} must hold one RSA key as a .pem file, not 0." in lines


def test_without_a_selector_no_key_can_be_found(check, settings):
    settings.DKIM_DIR = None

    code, lines = check(selector=None)

    assert code == 0
    assert judged(lines, "warning") == [
        "warning DKIM Nobody can find keys without their selectors: name each with --selector."
    ]


def test_ed25519_alone_is_too_new(check, zone):
    key = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    text = base64.b64encode(key).decode()
    zone.publish(f'new._domainkey.{DOMAIN} TXT "v=DKIM1; k=ed25519; p={text}"')

    alone = check(selector="new")[1]
    beside = check("--selector", "new")[1]

    assert "ok DKIM new._domainkey.fiveasks.example: ed25519 key." in alone
    words = "warning DKIM Only Ed25519: most large receivers check RSA alone. Sign with both."
    assert judged(alone, "warning") == [words]
    assert judged(beside, "warning") == []


def test_a_dns_that_fails_is_not_taken_for_a_missing_record(check, zone):
    zone.failing.add(DOMAIN)

    code, lines = check()

    assert code == 2
    assert lines[-2] == (
        "The DNS fails for fiveasks.example MX (for example SERVFAIL): nothing can be said about"
        " it before its servers answer."
    )


def test_a_dns_that_never_answers(check, zone):
    zone.silent.add(DOMAIN)

    code, lines = check("--timeout", "0.5")

    assert code == 2
    assert lines[-2].startswith("No DNS server answered in time when asked for fiveasks.example MX")


@pytest.mark.parametrize("timeout", ["0", "-1", "nan", "soon", "301"])
def test_a_timeout_that_is_none(timeout):
    with pytest.raises(CommandError, match="argument --timeout: invalid seconds value"):
        call_command("check_mail", f"--timeout={timeout}")


@pytest.mark.parametrize("nameserver", ["resolver.example", "127.0.0.1:0", "127.0.0.1:x", "[::1"])
def test_a_nameserver_that_is_none(nameserver):
    with pytest.raises(CommandError) as refused:
        call_command("check_mail", "--nameserver", nameserver)

    assert refused.value.returncode == 2


def test_a_sender_without_an_address(check, settings):
    settings.LETTER_FROM = "Five Asks"

    code, lines = check()

    assert code == 2
    assert lines[-2] == "LETTER_FROM names no address: “Five Asks”."


def test_the_shell_sees_the_exit_code_and_no_trace(zone):
    zone.failing.add("mail.fiveasks.example.")
    environment = {"SECRET_KEY": "x", "DATABASE_URL": "postgres:///nowhere"}
    environment["EMAIL_URL"] = "smtp://mail.fiveasks.example:25"
    with dns_server(zone) as server:
        run = subprocess.run(
            [sys.executable, "manage.py", "check_mail", "--nameserver", server],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    assert run.returncode == 2
    assert "The DNS fails for mail.fiveasks.example A" in run.stderr
    assert "Traceback" not in run.stderr
