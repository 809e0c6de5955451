"""What may stand in a file: the use decides, as far as signers consented to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from petitions.models.export import Use

# What is opened for a file. "batch" is a number and "asked_for_news" a yes or no in formats that
# know such things; "confirmed" is a time in Parquet.
DETAILS: Final = ("name", "postcode", "comment")

_TITLES: Final[dict[str, Promise]] = {
    "reference": _("reference"),
    "petition": _("petition"),
    "confirmed": _("confirmed (hour)"),
    "country": _("country"),
    "visibility": _("visibility"),
    "language": _("language"),
    "partner": _("partner"),
    "asked_for_news": _("asked for news"),
    "name": _("name"),
    "postcode": _("postcode"),
    "comment": _("comment"),
    "batch": _("batch"),
    "source": _("source"),
}


@dataclass(frozen=True)
class UseRules:
    """Who is in a file for one use and what may be said of them, in words and in names."""

    who: Promise
    columns: tuple[str, ...]


RULES: Final[dict[str, UseRules]] = {
    Use.DELIVER: UseRules(
        _("Signers who chose “public” or “officials only”, for the offices alone."),
        (
            "reference",
            "petition",
            "confirmed",
            "country",
            "visibility",
            "language",
            "name",
            "postcode",
            "comment",
            "batch",
            "source",
        ),
    ),
    Use.PUBLISH: UseRules(
        _("Signers who chose “public”, and nobody else."),
        # Not the comment: the form says that it is for the offices.
        ("petition", "country", "name"),
    ),
    Use.FIGURES: UseRules(
        _("Everybody, also who chose to be counted only; no names, no comments, no references."),
        (
            "petition",
            "confirmed",
            "country",
            "visibility",
            "language",
            "partner",
            "asked_for_news",
            "batch",
            "source",
        ),
    ),
}


def title_of(column: str) -> str:
    return str(_TITLES[column])


def all_columns() -> list[str]:
    return list(_TITLES)
