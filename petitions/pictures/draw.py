"""Draws the share pictures whose petition has changed since they were drawn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings

from petitions.models import Petition, PetitionText, SharePicture, Tally
from petitions.pictures.picture import Picture

# A count that rises all the time must not keep the deliverer drawing all the time.
PAUSE = timedelta(minutes=5)


def draw_pictures(*, now: datetime) -> int:
    """Draw what is due, and say how many pictures that were."""
    drawn = [
        SharePicture(
            petition_id=text.petition_id,
            language=text.language,
            count=count,
            fingerprint=picture.fingerprint,
            png=picture.draw(),
            drawn_at=now,
        )
        for text, count, picture in _due(now=now)
    ]
    SharePicture.objects.bulk_create(
        drawn,
        update_conflicts=True,
        unique_fields=["petition", "language"],
        update_fields=["count", "fingerprint", "png", "drawn_at"],
    )
    return len(drawn)


def _due(*, now: datetime) -> Iterator[tuple[PetitionText, int, Picture]]:
    counts = Tally.objects.by_petition()
    stored = {(each.petition_id, each.language): each for each in SharePicture.objects.defer("png")}
    for petition in Petition.objects.public().with_texts():
        count = counts.get(petition.pk, 0)
        for text in _texts_in_use(petition):
            picture = Picture.of(petition, text, count=count)
            old = stored.get((petition.pk, text.language))
            if old is None or (old.drawn_at <= now - PAUSE and _differs(old, count, picture)):
                yield text, count, picture


def _texts_in_use(petition: Petition) -> list[PetitionText]:
    languages = dict(settings.LANGUAGES)
    return [text for text in petition.texts.all() if text.language in languages]


def _differs(old: SharePicture, count: int, picture: Picture) -> bool:
    return (old.count, old.fingerprint) != (count, picture.fingerprint)
