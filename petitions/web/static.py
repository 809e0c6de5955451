"""Which of the collected files a process serves."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware

# Of Django's admin with ours, of its looks, and of signing in to it.
ORGANIZERS = ("admin/", "unfold/", "account/", "mfa/")


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # it has no types
    """A public web server shows nobody what the organizers work with, nor has it memory for that."""

    def add_file_to_dictionary(self, url: str, path: str, stat_cache: Any = None) -> None:
        name = url.removeprefix(settings.STATIC_URL)
        if settings.ROLE.serves_admin or not name.startswith(ORGANIZERS):
            super().add_file_to_dictionary(url, path, stat_cache=stat_cache)
