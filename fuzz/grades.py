"""The marks of one answer of each kind that the site gives, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.templatetags.static import static

from fuzz.by_socket import line
from fuzz.grading import MARKS, kind_of, missing_marks
from fuzz.judging import Answer
from fuzz.requests import URLENCODED, Request
from fuzz.servers import SITE_HOST, deployed, variables_of

ASK = "/en/petitions/special-rapporteur/"
STATIC = ["css/site.css", "js/site.js", "img/mark.svg"]


@dataclass(frozen=True)
class Sample:
    kind: str
    role: str
    path: str
    method: str = "GET"
    host: str = SITE_HOST
    scheme: str = "https"
    origin: str = ""
    body: str = ""


def samples() -> list[Sample]:
    """Each kind of answer that there is."""
    pages = [
        "/en/",
        ASK,
        f"{ASK}letters/",
        "/uk/ledger/",
        "/en/safety/",
        "/en/press/",
        "/en/confirm/x/",
    ]
    return [
        *(Sample("page", "web", path) for path in pages),
        Sample("card", "web", f"{ASK}card/"),
        Sample("form with mistakes", "web", ASK, "POST", body="name=x"),
        Sample("redirect to a language", "web", "/"),
        Sample("redirect to https", "web", "/en/", scheme="http"),
        Sample("feed", "web", "/en/updates.atom"),
        Sample("JSON", "web", f"{ASK}letters.json"),
        Sample("log's JSON", "web", "/ledger/logs.json"),
        Sample("log's nothing", "web", "/ledger/1/nothing"),
        Sample("text", "web", "/robots.txt"),
        Sample("XML", "web", "/sitemap.xml"),
        Sample("picture", "web", f"{ASK}qr.svg"),
        *(Sample("file", "web", static(name)) for name in STATIC),
        Sample("400, host", "web", "/en/", host="evil.example"),
        Sample("400, too many", "web", ASK, "POST", body="a=1&" * 300),
        Sample("403", "web", ASK, "POST", origin="https://evil.example"),
        Sample("404", "web", "/en/no-such-page/"),
        Sample("404, file", "web", "/static/no-such-file.css"),
        Sample("405", "web", ASK, "DELETE"),
        Sample("413", "web", ASK, "POST", body="a=" + "x" * 70_000),
        Sample("503", "web", "/en/busy/page/"),
        Sample("sign-in", "organizer", "/admin/account/login/"),
        Sample("admin, not signed in", "organizer", "/admin/"),
        Sample("admin, 403", "organizer", "/admin/account/login/", "POST", body="login=x"),
        Sample("admin, 400", "organizer", "/admin/", host="evil.example"),
        Sample("webhook", "returns", "/returns/mailgun/tracking/"),
        Sample("webhook, 400", "returns", "/returns/mailgun/tracking/", "POST", body="x=1"),
        Sample("404", "returns", "/"),
    ]


def as_request(sample: Sample) -> Request:
    headers = [("Host", sample.host), ("X-Forwarded-Proto", sample.scheme)]
    headers += [("Origin", sample.origin)] if sample.origin else []
    headers += [("Content-Type", URLENCODED)] if sample.body else []
    path = sample.path.encode()
    return Request(sample.method, path, b"", headers, sample.body.encode(), "no word")


def marks_of(sample: Sample, answer: Answer) -> tuple[list[str], int]:
    """What is missing, and out of how many. What came unencrypted is not told to remember https."""
    missing = missing_marks(answer.headers, kind_of(sample.path))
    if sample.scheme == "https":
        return missing, len(MARKS)
    return [name for name in missing if not name.startswith("HSTS")], len(MARKS) - 1


def print_grades() -> None:
    """From real answers of real servers, as deployed."""
    assert settings.STATIC_ROOT  # noqa: S101 - static() names files as they are stored
    print(f"{'marks':>7}  {'status':>6}  {'role':<10}{'what':<24}missing")
    for role in ("web", "organizer", "returns"):
        of_role = [each for each in samples() if each.role == role]
        for sample, answer in _answers(role, of_role):
            missing, out_of = marks_of(sample, answer)
            marks = f"{out_of - len(missing)}/{out_of}"
            print(
                f"{marks:>7}  {answer.status:>6}  {role:<10}{sample.kind:<24}{', '.join(missing) or '-'}"
            )


def _answers(role: str, wanted: Sequence[Sample]) -> Iterator[tuple[Sample, Answer]]:
    with deployed(role, variables_of(role)) as port, line(port) as opened:
        for each in wanted:
            yield each, opened.ask(as_request(each))
