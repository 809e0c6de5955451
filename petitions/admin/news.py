"""Letting subscribers hear of an answer: a look at the mails first, then one button, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin as DjangoModelAdmin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from petitions.admin.audit import record
from petitions.admin.base import ReadOnlyAdmin, column
from petitions.models import Answer, AuditEntry, NewsItem
from petitions.models.clock import database_now
from petitions.news.mails import Words, words_about
from petitions.news.tell import CannotTell, audience, tell_subscribers

MAY_TELL = "petitions.tell_subscribers"


@admin.register(NewsItem)
class NewsItemAdmin(ReadOnlyAdmin[NewsItem]):
    list_display = ("answer", "told_at", "told_by", "recipients", "sent", "waiting", "failed")
    list_select_related = ("answer__delivery__office", "told_by")
    list_per_page = 50
    fields = ("answer", ("told_at", "told_by"), "recipients", ("sent", "waiting", "failed"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[NewsItem]:
        return super().get_queryset(request).annotate(waiting=Count("deliveries"))

    @column(_("waiting"))
    def waiting(self, item: NewsItem) -> int:
        waiting: int = getattr(item, "waiting")  # noqa: B009 - annotated by the query
        return waiting


@dataclass(frozen=True)
class Preview:
    """The mail in one language, and how many get it."""

    language: str
    name: str
    recipients: int
    words: Words


def tell_page(
    request: HttpRequest, answer: Answer | None, *, model_admin: DjangoModelAdmin[Answer]
) -> HttpResponse:
    """Shows what goes to how many; its button sends it."""
    if answer is None or not request.user.has_perm(MAY_TELL):
        raise PermissionDenied
    back = reverse("admin:petitions_answer_change", args=[answer.pk])
    if request.method == "POST":
        words, level = _tell(request, answer)
        model_admin.message_user(request, words, level)
        return HttpResponseRedirect(back)
    previews = [_preview(answer, language, count) for language, count in audience().items()]
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Tell subscribers"),
        "answer": answer,
        "told": hasattr(answer, "news"),
        "previews": previews,
        "recipients": sum(each.recipients for each in previews),
        "back": back,
    }
    return TemplateResponse(request, "admin/news/tell.html", context)


def _tell(request: HttpRequest, answer: Answer) -> tuple[str, int]:
    try:
        with transaction.atomic():
            item = tell_subscribers(answer, by=cast("User", request.user), now=database_now())
            record(request, AuditEntry.Action.TELL, count=item.recipients, selection=str(answer))
    except CannotTell as why:
        return str(why), messages.WARNING
    words = ngettext(
        "%(recipients)s subscriber will hear of this answer.",
        "%(recipients)s subscribers will hear of this answer.",
        item.recipients,
    )
    return words % {"recipients": item.recipients}, messages.SUCCESS


def _preview(answer: Answer, language: str, recipients: int) -> Preview:
    # The organizers' process knows no public addresses; where links will lead is beside the point.
    link = f"{settings.SITE_URL}/…"
    return Preview(
        language=language,
        name=dict(settings.LANGUAGES).get(language, language),
        recipients=recipients,
        words=words_about(answer, language=language, letters_url=link, stop_url=link),
    )
