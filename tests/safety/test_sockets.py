"""What is not quite HTTP: one answer at most, no second request out of a body, and limits."""

import pytest

from tests.safety.served import request, said, statuses

pytestmark = pytest.mark.django_db
# Exists without a row, and takes forms.
FORM = "/en/confirm/x/"
TYPED = "Content-Type: application/x-www-form-urlencoded"
CHUNKED = "Transfer-Encoding: chunked"
INSIDE = "GET /robots.txt HTTP/1.1\r\nHost: asks.example\r\nX-Forwarded-Proto: https\r\n\r\n"


def form(*lines, body=""):
    return request(FORM, *lines, method="POST", body=body)


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 3", "Content-Length: 4"],
        ["Content-Length: 3, 3"],
        ["Content-Length: +3"],
        ["Content-Length: -1"],
        ["Content-Length: 0x3"],
        ["Content-Length : 3"],
        ["Content-Length: 99999999999999999999999"],
        ["Transfer-Encoding: x"],
        ["Transfer-Encoding: chunked, x"],
        ["Transfer-Encoding: \x0bchunked"],
        [CHUNKED, "Transfer-Encoding: identity"],
        ["Transfer-Encoding:\r\n chunked"],
        ["X-A: 1\r\n folded"],
        ["X-A: 1\rX-B: 2"],
        ["X-A: 1\x00"],
        ["X A: 1"],
        [": 1"],
    ],
)
def test_a_length_or_a_header_that_can_be_read_in_two_ways_is_refused(served, lines):
    answer = said(served, form(*lines, body=f"a=b{INSIDE}"))

    assert statuses(answer) == [400]
    assert b"connection: close" in answer


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (["Content-Length: 6", CHUNKED], "0\r\n\r\n"),
        ([CHUNKED, "Content-Length: 6"], "0\r\n\r\n"),
        ([CHUNKED], "zz\r\n"),
        ([CHUNKED], "-1\r\n"),
        ([CHUNKED], "fffffffffffffffff\r\n"),
        ([CHUNKED], "3\r\na=bXX\r\n0\r\n\r\n"),
        ([CHUNKED], "3\na=b\n0\n\n"),
        ([CHUNKED], f"3;{'x' * 20_000}\r\na=b\r\n0\r\n\r\n"),
    ],
)
def test_nothing_behind_a_doubtful_body_is_taken_for_a_request(served, lines, body):
    """Nor is it read: a form has a length, or is empty."""
    answer = said(served, form(TYPED, *lines, body=body + INSIDE))

    assert len(statuses(answer)) == 1
    assert b"Disallow" not in answer


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request("/robots.txt", f"X-A: {'x' * 200_000}"), 431),
        (request("/robots.txt", *(f"X-{number}: 1" for number in range(1000))), 431),
        (request("/" + "a" * 70_000), 414),
        (request("/robots.txt", "Host: evil.example"), 400),
        (b"GET /robots.txt HTTP/1.1\r\n\r\n", 400),
        (b"GET /robots.txt\r\n\r\n", 400),
        (request().replace(b"HTTP/1.1", b"HTTP/3.0"), 400),
        (request("/no such page"), 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n", 400),
    ],
)
def test_what_is_too_much_or_no_request_is_refused(served, sent, status):
    assert statuses(said(served, sent)) == [status]


def test_a_proxys_targets_lead_nowhere_else(served):
    """Of an absolute one the path counts, under the name in Host; nothing is asked of others."""
    absolute = said(served, request("http://evil.example/robots.txt"))
    assert statuses(absolute) == [200]
    assert b"evil.example" not in absolute

    tunnel = said(served, request("evil.example:443", method="CONNECT"))
    assert statuses(tunnel)[0] >= 300
    assert b"evil.example" not in tunnel


def test_only_the_version_that_the_proxy_speaks_is_spoken(served):
    """HTTP/2 has limits of its own, which nobody here has set."""
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    upgrade = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"]

    assert b"\x00\x00\x00\x04" not in said(served, preface)
    assert statuses(said(served, request("/robots.txt", *upgrade))) == [200]


@pytest.mark.parametrize("length", [65_537, 1_000_000_000])
def test_a_form_over_64_kilobytes_is_refused_by_its_length(served, length):
    assert statuses(said(served, form(TYPED, f"Content-Length: {length}", body="a=b"))) == [413]


def test_a_body_without_a_length_is_not_read_however_long_it_is(served):
    body = "".join(f"10000\r\n{'x' * 0x10000}\r\n" for _ in range(32))

    assert statuses(said(served, form(TYPED, CHUNKED, body=body))) == [200]


def test_an_alphabet_beside_too_many_parameters_is_no_error_of_ours(served):
    """Django would read the query by it before anything could answer."""
    many = request(f"/robots.txt?{'a=1&' * 300}", "Content-Type: text/plain; charset=utf-8")

    assert statuses(said(served, many)) == [200]


def test_requests_that_are_right_are_answered_one_after_the_other(served):
    assert statuses(said(served, request() * 3)) == [200, 200, 200]
