"""What a strict grader of headers asks for, beside what an answer has: full marks, or what is missing.

A table of our own: nobody else's grader is asked, as it would have to be told of a site.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

TWO_YEARS = 63_072_000
NONE = "'none'"
SELF = "'self'"
# Each is the widest thing that a policy of ours may name.
OWN_SOURCES = {NONE, SELF}
UNSAFE = (
    "'unsafe-inline'",
    "'unsafe-eval'",
    "'unsafe-hashes'",
    "data:",
    "blob:",
    "http:",
    "https:",
    "*",
)
# What a page, of anybody's, must not be able to ask for.
POWERFUL = ("camera", "microphone", "geolocation", "payment", "usb", "browsing-topics")
OPEN_TO_READ = {"same-origin", "cross-origin"}
VERSION = re.compile(r"\d")


@dataclass(frozen=True)
class Kind:
    """What an answer may have that others may not, each for a reason that stands beside it in KINDS."""

    name: str
    framed_by_anybody: bool = False
    unsafe: frozenset[str] = frozenset()
    referrer: str = "no-referrer"
    cookies: frozenset[str] = frozenset()


PUBLIC = Kind("public")
# It is made for partners' pages, and holds a link and no form.
CARD = Kind("card", framed_by_anybody=True)
# Unfold's Alpine compiles its expressions and writes style attributes; forms are checked by their
# origin; and there are sessions.
ADMIN = Kind(
    "admin",
    unsafe=frozenset({"script-src 'unsafe-eval'", "style-src-attr 'unsafe-inline'"}),
    referrer="same-origin",
    cookies=frozenset({"csrftoken", "sessionid", "messages"}),
)


def kind_of(path: str) -> Kind:
    if path.startswith("/admin"):
        return ADMIN
    return CARD if re.fullmatch(r"/\w\w/petitions/[^/]+/card/", path) else PUBLIC


@dataclass(frozen=True)
class Headers:
    """Of an answer, by their names in small letters; cookies may be several."""

    by_name: Mapping[str, str]
    cookies: Sequence[str] = ()

    @classmethod
    def of(cls, pairs: Sequence[tuple[str, str]]) -> Headers:
        cookies = [value for name, value in pairs if name.lower() == "set-cookie"]
        return cls({name.lower(): value for name, value in pairs}, cookies)

    def __getitem__(self, name: str) -> str:
        return self.by_name.get(name, "")


Mark = Callable[[Headers, Kind], bool]


def missing_marks(pairs: Sequence[tuple[str, str]], kind: Kind) -> list[str]:
    """The names of the marks that the answer does not get; none are full marks."""
    headers = Headers.of(pairs)
    return [name for name, has in MARKS.items() if not has(headers, kind)]


def directives(headers: Headers) -> dict[str, list[str]]:
    parts = [part.split() for part in headers["content-security-policy"].split(";")]
    return {part[0]: part[1:] for part in parts if part}


def _policy_allows_nothing_by_default(headers: Headers, _: Kind) -> bool:
    return directives(headers).get("default-src") == [NONE]


def _policy_names_no_unsafe_source(headers: Headers, kind: Kind) -> bool:
    found = {
        f"{name} {source}"
        for name, sources in directives(headers).items()
        for source in sources
        if source in UNSAFE and name != "frame-ancestors"
    }
    return found <= kind.unsafe


def _policy_names_no_other_host(headers: Headers, kind: Kind) -> bool:
    allowed = OWN_SOURCES | {each.split()[1] for each in kind.unsafe} | {"'script'"}
    rest = {name: value for name, value in directives(headers).items() if name != "frame-ancestors"}
    return all(set(sources) <= allowed for sources in rest.values())


def _policy_shuts_base_and_forms(headers: Headers, _: Kind) -> bool:
    policy = directives(headers)
    return policy.get("base-uri") == [NONE] and policy.get("form-action") in ([SELF], [NONE])


def _is_not_framed(headers: Headers, kind: Kind) -> bool:
    ancestors = directives(headers).get("frame-ancestors")
    if kind.framed_by_anybody:
        return ancestors in (["*"], [NONE])
    return ancestors == [NONE] and headers["x-frame-options"] == "DENY"


def _is_remembered_as_https(headers: Headers, _: Kind) -> bool:
    said = headers["strict-transport-security"]
    age = re.search(r"max-age=(\d+)", said)
    long = age is not None and int(age[1]) >= TWO_YEARS
    return long and "includeSubDomains" in said and "preload" in said


def _is_what_it_says(headers: Headers, _: Kind) -> bool:
    return headers["x-content-type-options"] == "nosniff"


def _keeps_referrers(headers: Headers, kind: Kind) -> bool:
    return headers["referrer-policy"] in {"no-referrer", kind.referrer}


def _opens_alone(headers: Headers, _: Kind) -> bool:
    return headers["cross-origin-opener-policy"] == "same-origin"


def _says_who_may_embed(headers: Headers, _: Kind) -> bool:
    shared = headers["access-control-allow-origin"] == "*"
    policy = headers["cross-origin-resource-policy"]
    return policy == ("cross-origin" if shared else "same-origin")


def _embeds_no_strangers(headers: Headers, _: Kind) -> bool:
    return headers["cross-origin-embedder-policy"] == "require-corp"


def _denies_powers(headers: Headers, _: Kind) -> bool:
    return all(f"{power}=()" in headers["permissions-policy"] for power in POWERFUL)


def _guards_cookies(headers: Headers, kind: Kind) -> bool:
    return all(_is_guarded(cookie, kind) for cookie in headers.cookies)


def _is_guarded(cookie: str, kind: Kind) -> bool:
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    if "max-age=0" in flags:
        # It is taken back.
        return True
    strict = {"samesite=lax", "samesite=strict"} & flags
    return (
        cookie.partition("=")[0].strip() in kind.cookies
        and bool(strict)
        and {"secure", "httponly"} <= flags
    )


def _lends_no_credentials(headers: Headers, _: Kind) -> bool:
    return "access-control-allow-credentials" not in headers.by_name


def _tells_no_versions(headers: Headers, _: Kind) -> bool:
    told = (headers["server"], headers["via"], headers["x-generator"])
    return "x-powered-by" not in headers.by_name and not any(map(VERSION.search, told))


MARKS: Mapping[str, Mark] = {
    "CSP: default-src 'none'": _policy_allows_nothing_by_default,
    "CSP: nothing unsafe": _policy_names_no_unsafe_source,
    "CSP: no other host": _policy_names_no_other_host,
    "CSP: base-uri, form-action": _policy_shuts_base_and_forms,
    "no frames": _is_not_framed,
    "HSTS, two years, preload": _is_remembered_as_https,
    "nosniff": _is_what_it_says,
    "Referrer-Policy": _keeps_referrers,
    "COOP": _opens_alone,
    "CORP": _says_who_may_embed,
    "COEP": _embeds_no_strangers,
    "Permissions-Policy": _denies_powers,
    "cookies": _guards_cookies,
    "no credentials across sites": _lends_no_credentials,
    "no versions": _tells_no_versions,
}
