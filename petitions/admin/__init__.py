"""The organizers' screens, one module each; Django finds them by importing this package."""

from petitions.admin import (
    answers,
    audit,
    blocked_words,
    deliveries,
    holds,
    news,
    office_pages,
    offices,
    organizers,
    pages,
    partners,
    pauses,
    petitions,
    returned,
    signatures,
    suspicions,
)

__all__ = [
    "answers",
    "audit",
    "blocked_words",
    "deliveries",
    "holds",
    "news",
    "office_pages",
    "offices",
    "organizers",
    "pages",
    "partners",
    "pauses",
    "petitions",
    "returned",
    "signatures",
    "suspicions",
]
