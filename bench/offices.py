"""Offices by the thousand."""

from __future__ import annotations

from django.conf import settings

from petitions.models import Office


def make_offices(count: int) -> list[Office]:
    """In all languages, open at any hour, each with a mail domain of its own."""
    languages = [code for code, _ in settings.LANGUAGES]
    return Office.objects.bulk_create(
        Office(
            name=f"Minister {number}",
            organisation="Ministry",
            country=["LT", "DE", "FR", "CZ"][number % 4],
            email=f"minister@office{number}.example",
            language=languages[number % len(languages)],
            time_zone="",
        )
        for number in range(count)
    )
