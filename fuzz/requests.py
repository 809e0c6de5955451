"""One hostile request after the other, each made from nothing but a source of chance.

The same seed and number make the same request again, so that what failed can be replayed; and
Hypothesis, whose chance shrinks, finds the smallest one that fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from random import Random
from urllib.parse import quote, quote_plus

from django import forms
from django.conf import settings

from fuzz import corpus
from fuzz.addresses import LANGUAGE, Address, Argument

URLENCODED = "application/x-www-form-urlencoded"
FORM_MODULES = ("petitions.web", "campaign", "allauth")
# What views read of a form that no form class names.
ALSO_READ = [
    *("do", "file", "sign", "offer", "ask", "via", "stamp", "proof", "topic", "done", "next"),
    *(
        "List-Unsubscribe",
        "csrfmiddlewaretoken",
        "username",
        "password",
        "code",
        "token",
        "credential",
    ),
]
DEEDS = [
    *("answer", "address", "stop", "confirm", "files", "download", "visibility", "withdraw"),
    *("withdraw-all", "end-news", "make-copy", "save-copy", "show-receipt"),
]
QUERIES = [
    "via",
    "server",
    "root",
    "done",
    "next",
    "utm_source",
    "page",
    "q",
    "lang",
    "o",
    "p",
    "e",
    "_popup",
]
# What a supporter would type, so that some hostile forms come past the first look.
FITTING = {
    "name": ["Ann Lee"],
    "email": ["ann@mail.example"],
    "country": ["LT", "UA", "XK"],
    "postcode": ["01234"],
    "visibility": ["officials", "public", "withheld"],
    "understood": ["on"],
    "do": DEEDS,
    "List-Unsubscribe": ["One-Click"],
    "language": ["en", "uk"],
    "whose": ["this", "other"],
    "petitions": ["1", "2"],
}
SIGN_IN = "/admin/account/"
# Django takes any, as long as cookie and form say the same.
CSRF_TOKEN = "a" * 32
# Bytes that a header can't hold: whoever sends them over a socket sends another request.
NO_HEADER = dict.fromkeys([0, 10, 13], " ")
# So seldom, one in so many, since they cost time.
HUGE = 150
A_MEGABYTE = 1024 * 1024
MANY = 10_000


@dataclass(frozen=True)
class Site:
    """What is attacked, and what an attacker knows of it."""

    addresses: Sequence[Address]
    host: str
    scheme: str = "https"
    live: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Arguments that lead somewhere, by the address's name, a dot and theirs, or by theirs alone."""

    @cached_property
    def forms(self) -> Sequence[Address]:
        """The public's carry no token of Django's; those of the sign-in pages are the other ones."""
        return [
            each
            for each in self.addresses
            if getattr(each.callback, "csrf_exempt", False) or each.path().startswith(SIGN_IN)
        ]


@dataclass(frozen=True)
class Request:
    method: str
    path: bytes
    """Escaped, without the query."""
    query: bytes
    headers: Sequence[tuple[str, str]]
    """Of Latin-1 letters, without line ends; Host is one of them, Content-Length is not."""
    body: bytes
    word: str
    """It stands before each sign of the marks in this request, and nowhere else in the world."""

    @property
    def line(self) -> str:
        target = self.path + (b"?" + self.query if self.query else b"")
        return f"{self.method} {target.decode('latin-1')}"


def numbered_request(site: Site, *, seed: str, number: int) -> Request:
    """The same for the same site, seed and number."""
    return make_request(Random(f"{seed}:{number}"), site, word=f"qz{number}j")  # noqa: S311 - to be repeated


def make_request(chance: Random, site: Site, *, word: str = "qzj") -> Request:
    return _Maker(chance, site, word).request()


@cache
def field_names() -> Sequence[str]:
    """Of all forms that the public can send, so that a new field is attacked too."""
    names = {name for form in _form_classes(forms.Form) for name in form.base_fields}
    return sorted({*names, *ALSO_READ})


def _form_classes(kind: type[forms.Form]) -> Iterator[type[forms.Form]]:
    for each in kind.__subclasses__():
        if each.__module__.startswith(FORM_MODULES):
            yield each
        yield from _form_classes(each)


class _Maker:
    def __init__(self, chance: Random, site: Site, word: str) -> None:
        self.chance = chance
        self.site = site
        self.word = word
        # Each sign comes behind the word; the last one ends no attribute.
        self.mark = f"{word}<{word}\"{word}'{word}>."

    def request(self) -> Request:
        method = self.method()
        path = self.path(self.addresses_for(method))
        body, content_type = self.body() if self.body_goes_with(method) else (b"", "")
        headers = self.headers(content_type)
        if content_type == URLENCODED and self.one_in(2):
            # As from a page of the site's own.
            body += f"&csrfmiddlewaretoken={CSRF_TOKEN}".encode()
            headers = [
                each
                for each in headers
                if each[0] not in {"Cookie", "Origin", "Referer", "Sec-Fetch-Site"}
            ]
            headers += [
                ("Cookie", f"csrftoken={CSRF_TOKEN}"),
                ("Origin", f"{self.site.scheme}://{self.site.host}"),
            ]
        return Request(method, path, self.query(), headers, body, self.word)

    # --- Words

    def one_in(self, count: int) -> bool:
        return self.chance.randrange(count) == 0

    def of(self, choices: Sequence[str]) -> str:
        return self.chance.choice(choices)

    def text(self) -> str:
        """Hostile, with the mark now and then, or of letters of any kind."""
        kind = self.chance.randrange(8)
        if kind == 0:
            return self.mark
        if kind == 1:
            return "".join(
                chr(self.chance.randrange(0xD800)) for _ in range(self.chance.randrange(12))
            )
        known = self.of(corpus.HOSTILE).replace(corpus.MARK, self.mark)
        return f"{known}{self.mark}" if kind == 2 else known  # noqa: PLR2004 - one of the kinds

    def escaped(self, text: str, *, safe: str = "") -> bytes:
        """As a path or a query has it; now and then with bytes that are no letters."""
        escaped = quote(text.encode(errors="surrogatepass"), safe=safe).encode()
        if self.one_in(12):
            return escaped + quote(self.chance.choice(corpus.BYTES)).encode()
        return escaped

    # --- The first line

    def method(self) -> str:
        kind = self.chance.randrange(20)
        if kind < 9:  # noqa: PLR2004 - nearly half
            return "GET"
        if kind < 17:  # noqa: PLR2004 - and nearly the other half
            return "POST"
        return self.of(corpus.METHODS) if kind < 19 else self.of(corpus.ODD_METHODS)  # noqa: PLR2004 - the rest

    def addresses_for(self, method: str) -> Sequence[Address]:
        """Most forms go where forms are taken from strangers."""
        if method == "POST" and self.site.forms and self.chance.randrange(3):
            return self.site.forms
        return self.site.addresses

    def path(self, addresses: Sequence[Address]) -> bytes:
        if self.one_in(12):
            return quote(self.of(corpus.PATHS), safe="/%\\;*:?&=").replace("?", "%3F").encode()
        address = self.chance.choice(addresses)
        hostile = self.one_in(3)
        path = address.path(lambda argument: self.argument(address, argument, hostile=hostile))
        escaped = self.escaped(path, safe="/") if hostile else quote(path).encode()
        return self.bent(escaped) if self.one_in(15) else escaped

    def argument(self, address: Address, argument: Argument, *, hostile: bool) -> str:
        if argument.name == LANGUAGE:
            return self.of([code for code, _ in settings.LANGUAGES])
        if hostile:
            return self.text()
        live = self.site.live
        known = live.get(f"{address.name}.{argument.name}") or live.get(argument.name)
        return self.of(known) if known else argument.fits

    def bent(self, path: bytes) -> bytes:
        """Nearly an address."""
        return self.chance.choice(
            [
                *(path.rstrip(b"/"), path + b"/", b"/" + path, path.replace(b"/", b"//")),
                *(path.swapcase(), path + b"%00", b"/%2e" + path, path[:3] + path, path + b"%0a"),
                *(path[3:] or b"/", path + b".json", path.replace(b"/", b"%2f")),
            ]
        )

    def query(self) -> bytes:
        if self.one_in(2):
            return b""
        if self.one_in(HUGE):
            return b"a=1&" * MANY
        pairs = []
        for _ in range(self.chance.randrange(4)):
            name = self.of(QUERIES) if self.chance.randrange(4) else self.text()
            pairs.append(self.escaped(name) + b"=" + self.escaped(self.text()))
        return self.chance.choice([b"&", b";", b"&&"]).join(pairs)[:8000]

    # --- Headers

    def headers(self, content_type: str) -> list[tuple[str, str]]:
        """As behind the proxy, if nothing else is tried."""
        host = self.of(corpus.HOSTS) if self.one_in(12) else self.site.host
        scheme = self.of(["http", "https,http", "x", ""]) if self.one_in(20) else self.site.scheme
        found = [("Host", host), ("X-Forwarded-Proto", scheme)]
        if content_type:
            found.append(("Content-Type", content_type))
        names = self.chance.sample(sorted(corpus.HEADERS), k=self.chance.randrange(5))
        found += [(name, self.header(name)) for name in names]
        return [(name, value.translate(NO_HEADER)) for name, value in found]

    def header(self, name: str) -> str:
        if self.chance.randrange(3):
            return self.of(corpus.HEADERS[name])
        return self.text()[:6000].encode().decode("latin-1")

    # --- Bodies

    def body_goes_with(self, method: str) -> bool:
        return method in {"POST", "PUT", "PATCH"} or (method != "GET" and self.one_in(3))

    def body(self) -> tuple[bytes, str]:
        """And its type."""
        if self.one_in(HUGE):
            return self.huge()
        kind = self.chance.randrange(20)
        if kind < 13:  # noqa: PLR2004 - most are forms
            return self.form(), URLENCODED
        if kind < 15:  # noqa: PLR2004 - some are not what they say
            return self.form(), self.of(corpus.CONTENT_TYPES)
        if kind < 17:  # noqa: PLR2004 - or in parts
            return self.chance.choice(corpus.MULTIPART), self.of(
                ["multipart/form-data; boundary=b", *corpus.CONTENT_TYPES]
            )
        if kind < 19:  # noqa: PLR2004 - or JSON
            return self.json().encode(errors="replace"), "application/json"
        return self.chance.choice(corpus.BYTES) * 20, self.of(corpus.CONTENT_TYPES)

    def form(self) -> bytes:
        """Nearly right, or not at all."""
        names = ["name", "email", "country", "visibility", "do", "petitions"]
        fitting = self.one_in(2)
        pairs = [(name, self.of(FITTING[name])) for name in names] if fitting else []
        for _ in range(self.chance.randrange(1 if fitting else 3, 6)):
            name = self.of(field_names()) if self.chance.randrange(8) else self.text()
            pairs.append((name, self.value(name)))
        return b"&".join(self.pair(name, value) for name, value in pairs)

    def value(self, name: str) -> str:
        if self.one_in(4) and name in FITTING:
            return self.of(FITTING[name])
        if name == "email" and self.chance.randrange(4):
            return self.of(corpus.MAIL_ADDRESSES).replace(corpus.MARK, self.mark)
        return self.text()

    def pair(self, name: str, value: str) -> bytes:
        typed = quote_plus(value.encode(errors="surrogatepass")).encode()
        if self.one_in(15):
            typed += quote(self.chance.choice(corpus.BYTES)).encode()
        return quote_plus(name.encode(errors="surrogatepass")).encode() + b"=" + typed

    def json(self) -> str:
        if self.one_in(2):
            return self.of(corpus.JSON)
        return json.dumps({self.of(field_names()): self.text() for _ in range(3)})

    def huge(self) -> tuple[bytes, str]:
        name = self.of(field_names()).encode()
        return self.chance.choice(
            [
                (name + b"=" + b"x" * A_MEGABYTE, URLENCODED),
                (b"&".join(name + b"%d=1" % number for number in range(MANY)), URLENCODED),
                ((name + b"=1&") * 500, URLENCODED),
                (b"--b\r\n" * MANY, "multipart/form-data; boundary=b"),
                (b"[" * MANY * 6, "application/json"),
            ]
        )
