"""`manage.py check_mail`, as a person sees it who sets a domain up for mail."""

from tests.delivery.check_mail.domain import DOMAIN, GOOD, LONG_KEY, judged, published


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
