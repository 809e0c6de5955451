from typing import Any

from django.http import HttpRequest

from petitions.content import campaign


def campaign_facts(_request: HttpRequest) -> dict[str, Any]:
    """The campaign's name and its article, for every page."""
    return {"campaign": campaign()}
