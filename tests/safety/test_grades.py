"""Every kind of answer gets full marks from a strict grader of headers, errors and files too."""

import pytest

from fuzz.by_wsgi import ask
from fuzz.grades import as_request, marks_of, samples
from fuzz.grading import MARKS, PUBLIC, missing_marks
from tests.wsgi import the_tests_connection

HERE = [each for each in samples() if each.role != "returns"]
FULL = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(),"
    " browsing-topics=()",
}


@pytest.mark.django_db
def test_every_kind_of_answer_gets_full_marks(application, site, five_asks, keys):
    found = {}
    with the_tests_connection():
        for sample in HERE:
            answer = ask(application, as_request(sample), site)
            if expected := sample.kind[:3] if sample.kind[0].isdigit() else "":
                assert answer.status == int(expected), sample
            missing, out_of = marks_of(sample, answer)
            assert out_of > 10
            if missing:
                found[sample.kind, sample.path] = missing

    assert found == {}


def test_the_grader_gives_full_marks_and_no_gifts():
    assert missing_marks(list(FULL.items()), PUBLIC) == []
    assert set(missing_marks([], PUBLIC)) == set(MARKS) - {
        *("CSP: nothing unsafe", "CSP: no other host", "cookies"),
        *("no credentials across sites", "no versions"),
    }


@pytest.mark.parametrize(
    ("name", "value", "mark"),
    [
        (
            "Content-Security-Policy",
            "default-src 'none'; script-src 'unsafe-inline'",
            "CSP: nothing unsafe",
        ),
        ("Content-Security-Policy", "default-src 'none'; img-src https:", "CSP: nothing unsafe"),
        (
            "Content-Security-Policy",
            "default-src 'none'; img-src cdn.example",
            "CSP: no other host",
        ),
        ("Content-Security-Policy", "default-src 'self'", "CSP: default-src 'none'"),
        ("Content-Security-Policy", "frame-ancestors *", "no frames"),
        ("Strict-Transport-Security", "max-age=63072000; preload", "HSTS, two years, preload"),
        (
            "Strict-Transport-Security",
            "max-age=60; includeSubDomains; preload",
            "HSTS, two years, preload",
        ),
        ("Referrer-Policy", "unsafe-url", "Referrer-Policy"),
        ("Access-Control-Allow-Origin", "*", "CORP"),
        ("Access-Control-Allow-Credentials", "true", "no credentials across sites"),
        ("Permissions-Policy", "camera=*", "Permissions-Policy"),
        ("Set-Cookie", "csrftoken=x; Secure; HttpOnly; SameSite=Lax", "cookies"),
        ("Server", "nginx/1.2", "no versions"),
        ("X-Powered-By", "Python", "no versions"),
    ],
)
def test_each_mark_can_be_lost(name, value, mark):
    assert mark in missing_marks(list((FULL | {name: value}).items()), PUBLIC)
