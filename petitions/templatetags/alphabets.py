from __future__ import annotations

from collections.abc import Iterable

from django import template

from petitions.alphabets import alphabetical
from petitions.models import Office

register = template.Library()


@register.filter
def by_country(offices: Iterable[Office]) -> list[Office]:
    """In the order of their countries' names; international offices, which have none, first."""
    return sorted(offices, key=lambda office: alphabetical(office.country.name or ""))
