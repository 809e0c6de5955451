"""Where the public log is read; also for the organizers' process, which knows no public addresses."""

from django.conf import settings


def check_page_url(language: str) -> str:
    """The page "Check the count"."""
    return f"{settings.SITE_URL}/{language or settings.LANGUAGE_CODE}/ledger/"


def log_url(number: int) -> str:
    """What programs read of one log."""
    return f"{settings.SITE_URL}/ledger/{number}"
