"""Whether an answer keeps what every answer must keep, whatever was asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from fuzz.grading import kind_of, missing_marks
from fuzz.requests import Request, Site

# What Python, Django and PostgreSQL say of themselves when something broke.
INNARDS = re.compile(
    rb"Traceback \(most recent|DJANGO_SETTINGS_MODULE|site-packages|psycopg\.|django\.db\.utils"
    rb"|You're seeing this error because|File &quot;/|File \"/|Exception Value"
)
CONTROL = re.compile(r"[\x00-\x1f]")
# They name the address that was asked for, escaped.
WAYS = {"location", "onion-location"}
SIGNS = "<\"'>"
# A server refuses what is no HTTP by itself, without a word.
NO_HTTP = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each.lower() == name]


def faults(request: Request, answer: Answer, site: Site) -> list[str]:
    """In words; none where all is well."""
    if is_the_servers_own(answer):
        return []
    found = [*_errors(answer), *_reflections(request, answer), *_ways_off(answer, site)]
    found += [f"not given: {name}" for name in _marks(request, answer, site)]
    return found


def is_the_servers_own(answer: Answer) -> bool:
    return answer.status in NO_HTTP and not answer.body and not answer.values("content-type")


def is_deliberate(answer: Answer) -> bool:
    """A 503 that says when to come again."""
    return answer.status == HTTPStatus.SERVICE_UNAVAILABLE and bool(answer.values("retry-after"))


def _errors(answer: Answer) -> Iterator[str]:
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not is_deliberate(answer):
        yield f"answered {answer.status}"
    if found := INNARDS.search(answer.body):
        yield f"shows its innards: {found[0]!r}"


def _reflections(request: Request, answer: Answer) -> Iterator[str]:
    word = request.word.encode()
    echoed = [sign for sign in SIGNS if word + sign.encode() in answer.body]
    if echoed:
        yield f"echoes {''.join(echoed)}"
    for name, value in answer.headers:
        seen = (
            [f"{request.word}{sign}" for sign in '<">'] if name.lower() in WAYS else [request.word]
        )
        if any(each in value for each in seen):
            yield f"echoes in {name}"
        if CONTROL.search(value):
            yield f"a control character in {name}"


def _ways_off(answer: Answer, site: Site) -> Iterator[str]:
    """A Location is a path of this site, or its own address."""
    for target in answer.values("location"):
        found = urlsplit(target)
        at_home = not found.scheme and not found.netloc
        # Of any port, and with the dot that ends a full name.
        named = (found.hostname or "").removesuffix(".")
        own = (found.scheme, named) == (site.scheme, site.host) and "@" not in found.netloc
        plain = target.isascii() and not set(target) & set('\\<>"\t ') and "//" not in target[:2]
        if not ((at_home or own) and plain):
            yield f"leads to {target[:80]!r}"


def _marks(request: Request, answer: Answer, site: Site) -> list[str]:
    """Without the proxy's word that the way is encrypted, nothing is remembered as that."""
    missing = missing_marks(answer.headers, kind_of(unquote(request.path)))
    is_encrypted = ("X-Forwarded-Proto", site.scheme) in request.headers and site.scheme == "https"
    return [name for name in missing if is_encrypted or not name.startswith("HSTS")]
