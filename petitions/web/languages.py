"""The language stands in the address: `/uk/…`. An address without one leads once to the language
that the browser prefers; one with a language never leads elsewhere, whatever the browser says.

Django's own middleware would do much of this, but it also asks a cookie, which this site never
sets, and so tells caches to keep a copy for each visitor's cookies.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import NoReverseMatch, is_valid_path, reverse
from django.utils.cache import patch_vary_headers
from django.utils.encoding import iri_to_uri
from django.utils.translation import activate, get_language, get_language_from_path, override
from django.utils.translation.trans_real import (
    get_supported_language_variant,
    parse_accept_lang_header,
)

# Each in its own language, for readers who may not know the page's; hence not in the catalogues.
SUGGESTIONS = {
    "en": "This page is also in English.",
    "uk": "Ця сторінка є також українською.",
    "ru": "Эта страница есть и на русском языке.",
    "be": "Гэтая старонка ёсць і па-беларуску.",
    "de": "Diese Seite gibt es auch auf Deutsch.",
    "fr": "Cette page existe aussi en français.",
    "pl": "Ta strona jest też po polsku.",
    "lt": "Šį puslapį galite skaityti ir lietuviškai.",
}

# Addresses, by their namespace, at which everybody gets the same.
WITHOUT_LANGUAGE = "ledger-api"


class LanguageMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        named = get_language_from_path(request.path_info)
        language = named or preferred_language(request)
        activate(language)
        request.LANGUAGE_CODE = language
        response = self.get_response(request)
        page = request.resolver_match
        if page is not None and page.namespace == WITHOUT_LANGUAGE:
            return response
        if named is None:
            if response.status_code == HTTPStatus.NOT_FOUND:
                response = _with_language(request, language) or response
            patch_vary_headers(response, ["Accept-Language"])
        response.headers.setdefault("Content-Language", language)
        return response


def preferred_language(request: HttpRequest) -> str:
    """The first of ours that the browser asks for, else the campaign's first language."""
    for wish, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        with suppress(LookupError):
            return get_supported_language_variant(wish)
    return settings.LANGUAGE_CODE


def _with_language(request: HttpRequest, language: str) -> HttpResponseRedirect | None:
    """To the same address behind `/uk`, if there is such a page: so no redirect can follow it."""
    path = f"/{language}{request.path_info}"
    needs_slash = settings.APPEND_SLASH and not path.endswith("/") and not is_valid_path(path)
    if not is_valid_path(f"{path}/" if needs_slash else path):
        return None
    full_path = request.get_full_path(force_append_slash=needs_slash)
    prefix = request.path.removesuffix(request.path_info)
    return HttpResponseRedirect(f"{prefix}/{language}{full_path.removeprefix(prefix)}")


# --- The same page in all languages


@dataclass(frozen=True)
class Translation:
    language: str
    name: str
    """In its own language, as is the suggestion to read the page in it."""
    suggestion: str
    path: str
    is_current: bool

    @property
    def url(self) -> str:
        return f"{settings.SITE_URL}{self.path}"


@dataclass(frozen=True)
class Translations:
    links: list[Translation]
    is_public: bool
    """Whether search engines may know of the others: the page is no one's own, and no error."""
    query: str = ""
    """What stands behind this page's address, with its question mark."""

    @property
    def current(self) -> Translation:
        return next(each for each in self.links if each.is_current)

    @property
    def others(self) -> list[Translation]:
        return [each for each in self.links if not each.is_current]

    @property
    def default_url(self) -> str:
        """Without a language: it leads to the one that the reader's browser prefers."""
        path = self.current.path.removeprefix(f"/{self.current.language}")
        return f"{settings.SITE_URL}{path}"


def translations_of(request: HttpRequest) -> Translations | None:
    """The page of this request in each language; None for what has no language in its address."""
    page = request.resolver_match
    if page is None or get_language_from_path(request.path_info) is None:
        return None
    is_public = request.method in {"GET", "HEAD"} and "token" not in page.kwargs
    translations = _translations(page.view_name, page.kwargs, is_public=is_public)
    query = iri_to_uri(request.META.get("QUERY_STRING", ""))
    return replace(translations, query=f"?{query}") if translations and query else translations


def translations_of_home() -> Translations | None:
    """For pages that exist in one language only, as errors do; None where there is no home."""
    return _translations("home", {}, is_public=False)


def _translations(
    view_name: str, kwargs: dict[str, object], *, is_public: bool
) -> Translations | None:
    current = get_language()
    try:
        links = [
            Translation(
                language=language,
                name=str(name),
                suggestion=SUGGESTIONS[language],
                path=_path_in(language, view_name, kwargs),
                is_current=language == current,
            )
            for language, name in settings.LANGUAGES
        ]
    except NoReverseMatch:
        return None
    return Translations(links, is_public=is_public)


def _path_in(language: str, view_name: str, kwargs: dict[str, object]) -> str:
    with override(language):
        return reverse(view_name, kwargs=kwargs)
