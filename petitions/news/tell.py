"""An organizer lets those who asked for news hear of an answer: once, and never by a slip."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from petitions.models import Answer, NewsItem, NewsSubscriber

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# One statement, however many they are. The lock lets who is just leaving go first, and others wait:
# a mail to somebody who is gone could not be stored.
MAIL_TO_EACH = """
    INSERT INTO petitions_newsdelivery (item_id, subscriber_id, state, due_at)
    SELECT %s, id, 'ready', %s FROM petitions_newssubscriber FOR KEY SHARE
"""


class CannotTell(Exception):
    """Nobody hears of it; the message is for the organizer."""


def audience() -> dict[str, int]:
    """How many would hear of an answer now, by language, most first."""
    languages = NewsSubscriber.objects.values_list("language")
    return dict(languages.annotate(count=Count("pk")).order_by("-count", "language"))


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
    with connection.cursor() as cursor:
        cursor.execute(MAIL_TO_EACH, [item.pk, now])
        item.recipients = cursor.rowcount
    if not item.recipients:
        raise CannotTell(_("Nobody has asked for news."))
    item.save(update_fields=["recipients"])
    return item
