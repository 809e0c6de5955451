"""The organizers' screens, one module each; Django finds them by importing this package."""

from petitions.admin import (
    answers,
    audit,
    deliveries,
    imports,
    news,
    news_letters,
    office_pages,
    offices,
    organizers,
    pages,
    partners,
    pauses,
    petitions,
    returned,
    signatures,
    updates,
)

__all__ = [
    "answers",
    "audit",
    "deliveries",
    "imports",
    "news",
    "news_letters",
    "office_pages",
    "offices",
    "organizers",
    "pages",
    "partners",
    "pauses",
    "petitions",
    "returned",
    "signatures",
    "updates",
]
