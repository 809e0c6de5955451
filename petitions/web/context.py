from typing import Any

from django.conf import settings
from django.http import HttpRequest

from petitions.content import campaign


def campaign_facts(_request: HttpRequest) -> dict[str, Any]:
    """The campaign's name and its article, and the site's own address, for every page."""
    return {"campaign": campaign(), "site_url": settings.SITE_URL}
