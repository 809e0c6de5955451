"""What stands at the root of the site, in no language: what machines look for, and letters' links."""

from django.urls import include, path, register_converter
from django.urls.converters import StringConverter

from petitions.web import ledger_api, office_page, sitemaps


class PlainNumber:
    """In its one form, and no longer than a log can be."""

    regex = "0|[1-9][0-9]{0,14}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class Anything(StringConverter):
    """With line ends too, so that no nonsense passes by."""

    regex = "(?s:.+)"


register_converter(PlainNumber, "number")
register_converter(Anything, "anything")

ledger = [
    path("logs.json", ledger_api.logs, name="logs"),
    path("<number:number>/checkpoint", ledger_api.checkpoint, name="checkpoint"),
    path("<number:number>/checkpoint/<number:size>", ledger_api.checkpoint_of, name="checkpoint"),
    path("<number:number>/key", ledger_api.key, name="key"),
    path("<number:number>/heads", ledger_api.heads, name="heads"),
    path("<number:number>/tile/<number:level>/<path:path>", ledger_api.tile, name="tile"),
    path("<number:number>/entries/<path:path>", ledger_api.entries, name="entries"),
    path("<number:number>/changes.txt", ledger_api.changes, name="changes"),
    path("<number:number>/batches.json", ledger_api.batches, name="batches"),
    path("<anything:rest>", ledger_api.nothing),
]

urlpatterns = [
    # Short, and right also when an office's language is corrected.
    path("institution/<str:token>/", office_page.letter_link, name="office-link"),
    path("ledger/", include((ledger, "ledger-api"))),
    path("robots.txt", sitemaps.robots, name="robots"),
    path("sitemap.xml", sitemaps.site_map, name="sitemap"),
]
