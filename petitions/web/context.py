from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from petitions.content import campaign
from petitions.web.languages import translations_of


def campaign_facts(request: HttpRequest) -> dict[str, Any]:
    """The campaign's name and its article, and the page in other languages, for every page."""
    return {
        "campaign": campaign(),
        "site_url": settings.SITE_URL,
        "translations": SimpleLazyObject(lambda: translations_of(request)),
    }
