"""The relay's addresses: their names, and whether SPF lets them send."""

import pytest

from tests.delivery.check_mail.domain import DOMAIN, judged, published


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
