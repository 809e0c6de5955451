"""What became of an office's letters, beside it: in its list and in its form.

Counted by the database in the query of the list itself: however many offices it shows, it stays one.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from petitions.admin.counts import count_of
from petitions.models import Answer, Delivery, Office, OfficeAction, Returned

BOUNCES = (Returned.Kind.HARD, Returned.Kind.SOFT, Returned.Kind.SPAM)
NEWEST = 5


def with_letters(offices: QuerySet[Office]) -> QuerySet[Office]:
    """With `letters` sent, the `last_letter`, and how many `bounces`, `answers` and `receipts`."""
    sent = Delivery.objects.filter(office=OuterRef("pk"), state=Delivery.State.SENT)
    bounced = Returned.objects.filter(delivery__office=OuterRef("pk"), kind__in=BOUNCES)
    answered = Answer.objects.filter(delivery__office=OuterRef("pk"))
    confirmed = OfficeAction.objects.filter(
        delivery__office=OuterRef("pk"), kind=OfficeAction.Kind.CONFIRM
    )
    last = sent.order_by().values("office").annotate(found=Max("sent_at")).values("found")
    return offices.annotate(
        letters=count_of(sent, "office"),
        last_letter=Subquery(last),
        bounces=count_of(bounced, "delivery__office"),
        answers=count_of(answered, "delivery__office"),
        receipts=count_of(confirmed, "delivery__office"),
    )


def letters_of(office: Office) -> str:
    counts = Delivery.objects.filter(office=office.pk).aggregate(
        sent=Count("pk", filter=Q(state=Delivery.State.SENT)),
        failed=Count("pk", filter=Q(state=Delivery.State.FAILED)),
        last=Max("sent_at"),
    )
    words = _("%(sent)s sent, %(failed)s failed") % counts
    if counts["last"]:
        day = date_format(counts["last"], "SHORT_DATE_FORMAT")
        words = _("%(letters)s; the last on %(day)s") % {"letters": words, "day": day}
    url = reverse("admin:petitions_delivery_changelist")
    return format_html(
        '<a class="link" href="{}?office__id__exact={}">{}</a>', url, office.pk, words
    )


def came_back_of(office: Office) -> str:
    """The newest bounces and answers that came by mail, each leading to what is known of it."""
    returned = Returned.objects.filter(delivery__office=office.pk).defer("box")[:NEWEST]
    return _links("petitions_returned_change", returned)


def answers_of(office: Office) -> str:
    answers = Answer.objects.filter(delivery__office=office.pk)
    return _links("petitions_answer_change", answers.select_related("delivery__office")[:NEWEST])


def _links(page: str, rows: QuerySet[models.Model]) -> str:
    return format_html_join(
        ", ",
        '<a class="link" href="{}">{}</a>',
        ((reverse(f"admin:{page}", args=[each.pk]), str(each)) for each in rows),
    )
