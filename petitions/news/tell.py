"""An organizer lets those who asked for news hear of something: once, and never by a slip."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from petitions.models import Answer, NewsItem, NewsLetter
from petitions.news.audience import Audience

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class CannotTell(Exception):
    """Nobody hears of it; the message is for the organizer."""


def audience() -> dict[str, int]:
    """How many would hear of an answer now, by language, most first."""
    return Audience().count_by_language()


@transaction.atomic
def tell_subscribers(answer: Answer, *, by: User, now: datetime) -> NewsItem:
    """Put a mail to each subscriber into the queue.

    Raises:
        CannotTell: the answer is not public, or was told before, or nobody would hear of it.
    """
    # Of two who press the button at once, the second waits here.
    answer = Answer.objects.select_for_update().get(pk=answer.pk)
    if not answer.public:
        raise CannotTell(_("This answer is not public."))
    if NewsItem.objects.filter(answer=answer).exists():
        raise CannotTell(_("Subscribers have been told of this answer already."))
    item = NewsItem.objects.create(answer=answer, told_at=now, told_by=by, recipients=0)
    return _tell(item, Audience(), now=now)


@transaction.atomic
def send_letter(letter: NewsLetter, *, seen: str, by: User, now: datetime) -> NewsItem:
    """Put a mail to each of its audience into the queue; `seen` is what its sender looked at.

    Raises:
        CannotTell: it is not as it was seen, or was sent before, or has no words for somebody.
    """
    letter = NewsLetter.objects.select_for_update().get(pk=letter.pk)
    if NewsItem.objects.filter(letter=letter).exists():
        raise CannotTell(_("This has been sent already."))
    if letter.fingerprint() != seen:
        raise CannotTell(
            _("The words or the audience have changed since you looked. Please look again.")
        )
    if problem := what_is_missing(letter):
        raise CannotTell(problem)
    item = NewsItem.objects.create(letter=letter, told_at=now, told_by=by, recipients=0)
    return _tell(item, Audience.of(letter), now=now)


def what_is_missing(letter: NewsLetter) -> str:
    """Why it can't be sent yet, in words; empty where it can."""
    written = {text.language for text in letter.texts.all()}
    if not written:
        return _("There are no words yet.")
    if any(letter.text_for(each) is None for each in letter.languages_read()):
        return _("There is no text in the campaign’s first language, for those who read others.")
    return ""


def _tell(item: NewsItem, meant: Audience, *, now: datetime) -> NewsItem:
    item.recipients = meant.make_deliveries(item, now=now)
    if not item.recipients:
        raise CannotTell(_("Nobody has asked for news."))
    item.save(update_fields=["recipients"])
    return item
