"""What has happened to the asks, as Atom feeds: all of them, or one petition's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from petitions.content import campaign
from petitions.markdown import to_html
from petitions.models import Petition, PetitionUpdate
from petitions.web.caching import cached_page
from petitions.web.figures import figures_now, public_ask

if TYPE_CHECKING:
    UpdatesBase = Feed[PetitionUpdate, Any]
else:
    UpdatesBase = Feed

LATEST = 50
# A tag's year says when its domain was ours (RFC 4151); never change it, or all is news again.
TAG_YEAR = 2026


class AllUpdates(UpdatesBase):
    feed_type = Atom1Feed

    def title(self, _petition: Petition | None) -> str:
        return gettext("%(campaign)s: updates") % {"campaign": campaign()["name"]}

    def subtitle(self, _petition: Petition | None) -> str:
        return str(campaign()["tagline"])

    def link(self, _petition: Petition | None) -> str:
        return _absolute(reverse("home"))

    def feed_url(self, _petition: Petition | None) -> str:
        return _absolute(reverse("updates"))

    def feed_guid(self, _petition: Petition | None) -> str:
        return _tag(f"{get_language()}/updates")

    def items(self, _petition: Petition | None) -> Iterable[PetitionUpdate]:
        return _updates_of([ask.petition for ask in figures_now().asks])

    # --- Each update

    def item_title(self, update: PetitionUpdate) -> str:
        return update.title

    def item_description(self, update: PetitionUpdate) -> str:
        return to_html(update.body)

    def item_link(self, update: PetitionUpdate) -> str:
        return _absolute(update.petition.get_absolute_url())

    def item_guid(self, update: PetitionUpdate) -> str:
        slug = update.petition.first_slug
        return _tag(f"{update.language}/petitions/{slug}/{update.happened_on:%Y-%m-%d}")

    def item_pubdate(self, update: PetitionUpdate) -> datetime:
        return datetime.combine(update.happened_on, time(), tzinfo=UTC)

    def item_updateddate(self, update: PetitionUpdate) -> datetime:
        return self.item_pubdate(update)


class PetitionUpdates(AllUpdates):
    def get_object(self, _request: HttpRequest, slug: str) -> Petition:
        return public_ask(slug).petition

    def title(self, petition: Petition | None) -> str:
        assert petition is not None  # noqa: S101 - `get_object` returned it
        words = {"campaign": campaign()["name"], "title": petition.text.title}
        return gettext("%(campaign)s: updates on “%(title)s”") % words

    def subtitle(self, petition: Petition | None) -> str:
        assert petition is not None  # noqa: S101 - likewise
        return petition.text.summary

    def link(self, petition: Petition | None) -> str:
        assert petition is not None  # noqa: S101 - likewise
        return _absolute(petition.get_absolute_url())

    def feed_url(self, petition: Petition | None) -> str:
        assert petition is not None  # noqa: S101 - likewise
        return _absolute(reverse("petition-updates", args=[petition.slug]))

    def feed_guid(self, petition: Petition | None) -> str:
        assert petition is not None  # noqa: S101 - likewise
        return _tag(f"{get_language()}/petitions/{petition.first_slug}/updates")

    def items(self, petition: Petition | None) -> Iterable[PetitionUpdate]:
        assert petition is not None  # noqa: S101 - likewise
        return _updates_of([petition])


all_updates = require_safe(cached_page(AllUpdates()))
petition_updates = require_safe(cached_page(PetitionUpdates()))


def _updates_of(petitions: list[Petition]) -> list[PetitionUpdate]:
    """The latest, each in the language that its petition's page has."""
    languages = {petition.pk: petition.text.language for petition in petitions}
    updates = PetitionUpdate.objects.published().filter(petition__in=petitions)
    updates = updates.select_related("petition").prefetch_related("petition__addresses")
    shown = (each for each in updates if each.language == languages[each.petition_id])
    return list(shown)[:LATEST]


def _absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def _tag(name: str) -> str:
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{TAG_YEAR}:{name}"
