"""Every address that a process answers at, as its URL resolver has them: a new one is attacked too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import LocalePrefixPattern, RegexPattern, RoutePattern

# What fits a converter, by its class's name. Whoever writes a new converter says it here.
FITTING = {
    "StringConverter": "words",
    "SlugConverter": "some-slug",
    "IntConverter": "7",
    "PathConverter": "x001/234",
    "UUIDConverter": "6f2c1a52-5a0e-4d0b-9a53-0d6a0c5d7f11",
    "PlainNumber": "1",
    "Anything": "no/such/thing",
}
LANGUAGE = "language"
_CAPTURE = re.compile(r"<(?:[^>:]+:)?([^>]+)>")
# Something that may be there; it is.
_OPTIONAL = re.compile(r"\(([\w/-]+)\)\?")
_GROUP = re.compile(r"\(\?P<(\w+)>([^()]*)\)")
_ALTERNATIVES = re.compile(r"[\w-]+(\|[\w-]+)*")
_ANYTHING = {".*", ".+"}
# What a regular expression may hold beside its groups to be written down as text.
_PLAIN = re.compile(r"[\w/.-]*")


class NoWayToBuild(Exception):
    """This walker does not know what could stand in the place of a part of an address."""


@dataclass(frozen=True)
class Argument:
    name: str
    fits: str
    """A text that the pattern takes."""


@dataclass(frozen=True)
class Address:
    name: str
    """Its view's name, or else its pattern."""
    parts: Sequence[str | Argument]
    callback: Callable[..., Any]

    def path(self, choose: Callable[[Argument], str] = lambda argument: argument.fits) -> str:
        """Not escaped, and with what `choose` puts in the places of its arguments."""
        return "/" + "".join(part if isinstance(part, str) else choose(part) for part in self.parts)


def all_addresses() -> list[Address]:
    """All of this process's URL configuration.

    Raises:
        NoWayToBuild: one has a part that nobody has thought of.
    """
    return addresses_among(get_resolver().url_patterns)


def addresses_among(patterns: Iterable[URLPattern | URLResolver]) -> list[Address]:
    return list(_walk(patterns, ()))


def _walk(
    patterns: Iterable[URLPattern | URLResolver], before: tuple[str | Argument, ...]
) -> Iterator[Address]:
    for each in patterns:
        parts = (*before, *_parts_of(each.pattern))
        if isinstance(each, URLResolver):
            yield from _walk(each.url_patterns, parts)
        else:
            yield Address(each.name or str(each.pattern), parts, each.callback)


def _parts_of(pattern: Any) -> Iterator[str | Argument]:
    if isinstance(pattern, LocalePrefixPattern):
        yield from (Argument(LANGUAGE, settings.LANGUAGE_CODE), "/")
    elif isinstance(pattern, RoutePattern):
        yield from _of_route(pattern)
    elif isinstance(pattern, RegexPattern):
        yield from _of_regex(str(pattern))
    else:
        raise NoWayToBuild(f"{type(pattern).__name__} {pattern}")


def _of_route(pattern: RoutePattern) -> Iterator[str | Argument]:
    for place, text in enumerate(_CAPTURE.split(str(pattern))):
        yield text if place % 2 == 0 else Argument(text, _fits(pattern, text))


def _fits(pattern: RoutePattern, name: str) -> str:
    kind = type(pattern.converters[name]).__name__
    if kind not in FITTING:
        raise NoWayToBuild(f"{kind} in {pattern}: say in {__name__} what fits it.")
    return FITTING[kind]


def _of_regex(regex: str) -> Iterator[str | Argument]:
    bare = regex.removeprefix("^").removesuffix("$").removesuffix(r"\Z")
    found = _GROUP.split(_OPTIONAL.sub(r"\1", bare))
    for place in range(0, len(found), 3):
        if not _PLAIN.fullmatch(found[place]):
            raise NoWayToBuild(regex)
        yield found[place]
        if place + 1 < len(found):
            yield Argument(found[place + 1], _fits_group(found[place + 2], regex))


def _fits_group(inner: str, regex: str) -> str:
    if inner in _ANYTHING:
        return "anything"
    if _ALTERNATIVES.fullmatch(inner):
        return inner.partition("|")[0]
    raise NoWayToBuild(regex)
