"""Draws the share pictures whose words or count have changed since they were drawn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings

from petitions.models import Page, Petition, SharePicture, Tally
from petitions.pictures.picture import Picture

# A count that rises all the time must not keep the deliverer drawing all the time.
PAUSE = timedelta(minutes=5)


def draw_pictures(*, now: datetime) -> int:
    """Draw what is due, and say how many pictures that were."""
    drawn = [
        SharePicture(
            petition_id=petition_id,
            language=picture.language,
            count=picture.count,
            fingerprint=picture.fingerprint,
            png=picture.draw(),
            drawn_at=now,
        )
        for petition_id, picture in _due(now=now)
    ]
    SharePicture.objects.bulk_create(
        drawn,
        update_conflicts=True,
        unique_fields=["petition", "language"],
        update_fields=["count", "fingerprint", "png", "drawn_at"],
    )
    return len(drawn)


def _due(*, now: datetime) -> Iterator[tuple[int | None, Picture]]:
    stored = {(each.petition_id, each.language): each for each in SharePicture.objects.defer("png")}
    for petition_id, picture in _all_pictures():
        old = stored.get((petition_id, picture.language))
        if old is None or (old.drawn_at <= now - PAUSE and _differs(old, picture)):
            yield petition_id, picture


def _all_pictures() -> Iterator[tuple[int | None, Picture]]:
    """Those of the home page, and each petition's with its id."""
    counts = Tally.objects.by_petition()
    petitions = Petition.objects.public().with_texts()
    total = sum(counts.get(petition.pk, 0) for petition in petitions)
    languages = dict(settings.LANGUAGES)
    for page in Page.objects.filter(slug="home", language__in=languages):
        yield None, Picture.of_home(page, count=total)
    for petition in petitions:
        for text in petition.texts.all():
            if text.language in languages:
                yield petition.pk, Picture.of(petition, text, count=counts.get(petition.pk, 0))


def _differs(old: SharePicture, picture: Picture) -> bool:
    return (old.count, old.fingerprint) != (picture.count, picture.fingerprint)
