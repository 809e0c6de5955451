from django import template
from django.utils.translation import to_locale

from petitions.models import Petition
from petitions.web.share import Share, share

register = template.Library()
# Open Graph wants a country with each language; these are where most readers of ours may be.
LOCALES = {"en": "en_GB", "be": "be_BY", "uk": "uk_UA"}


@register.simple_tag
def share_of(petition: Petition) -> Share:
    """The links that pass a petition on, wherever the part is included."""
    return share(petition)


@register.filter
def og_locale(language: str) -> str:
    return LOCALES.get(language) or f"{to_locale(language)}_{language.upper()}"
