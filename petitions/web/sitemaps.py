"""What search engines should find, and what they should leave alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from petitions.models import Petition
from petitions.web.caching import cached_page
from petitions.web.figures import figures_now

if TYPE_CHECKING:
    OurBase = Sitemap[Any]
else:
    OurBase = Sitemap

PAGES = ["home", "safety", "privacy", "press", "partners", "ledger"]
# Each names a person's secret, or what only a signer sees. RFC 9309 has the asterisk.
PRIVATE = [
    "/*/confirm/",
    "/*/receipt/",
    "/*/asks/",
    "/*/news/",
    "/*/preview/",
    "/*/institution/",
    "/institution/",
    "/mailbox/",
]


class _OurSitemap(OurBase):
    """Each page in each language, with its other languages beside it."""

    i18n = True
    alternates = True
    x_default = True

    def get_domain(self, site: Any = None) -> str:  # noqa: ARG002 - Django passes it
        return str(urlsplit(settings.SITE_URL).netloc)

    def get_protocol(self, protocol: str | None = None) -> str:  # noqa: ARG002 - likewise
        return str(urlsplit(settings.SITE_URL).scheme)


class _Pages(_OurSitemap):
    def items(self) -> list[str]:
        return PAGES

    def location(self, item: str) -> str:
        return reverse(item)


class _Petitions(_OurSitemap):
    def items(self) -> list[Petition]:
        return [ask.petition for ask in figures_now().asks]

    def location(self, item: Petition) -> str:
        return item.get_absolute_url()


class _Letters(_Petitions):
    def location(self, item: Petition) -> str:
        return reverse("letters", args=[item.slug])


@require_safe
@cached_page
def site_map(request: HttpRequest) -> HttpResponse:
    return sitemap(request, {"pages": _Pages(), "petitions": _Petitions(), "letters": _Letters()})


@require_safe
def robots(_request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE)]
    lines += ["", f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
