"""Letting subscribers hear of an answer: a look at the mails first, then one button, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
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
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from petitions.admin.audit import record
from petitions.admin.base import ReadOnlyAdmin, column
from petitions.models import Answer, AuditEntry, NewsItem
from petitions.models.clock import database_now
from petitions.news.hold import pause, resume, stop
from petitions.news.tell import CannotTell, audience, tell_subscribers
from petitions.news.words import Words, words_about

MAY_TELL = "petitions.tell_subscribers"


@admin.register(NewsItem)
class NewsItemAdmin(ReadOnlyAdmin[NewsItem]):
    when_empty = _("What subscribers were told: updates, answers and news in own words.")
    list_display = (
        "what",
        "going",
        "told_at",
        "told_by",
        "recipients",
        "sent",
        "waiting",
        "failed",
    )
    list_select_related = ("answer__delivery__office", "letter", "told_by")
    list_per_page = 50
    fields = (
        ("answer", "letter"),
        ("told_at", "told_by"),
        ("state", "held"),
        "recipients",
        ("sent", "waiting", "failed", "ended"),
    )
    readonly_fields = ("held",)

    def get_urls(self) -> list[URLPattern]:
        hold = self.admin_site.admin_view(self.hold)
        return [path("<int:pk>/hold/", hold, name="petitions_newsitem_hold"), *super().get_urls()]

    def hold(self, request: HttpRequest, pk: int) -> HttpResponse:
        return hold_page(request, self.get_object(request, str(pk)), model_admin=self)

    def get_queryset(self, request: HttpRequest) -> QuerySet[NewsItem]:
        items = super().get_queryset(request).annotate(waiting=Count("deliveries"))
        return items.prefetch_related("letter__texts")

    @column(_("news"))
    def what(self, item: NewsItem) -> str:
        return str(item)

    @column(
        _("state"),
        ordering="state",
        label={
            NewsItem.State.GOING: "success",
            NewsItem.State.PAUSED: "warning",
            NewsItem.State.STOPPED: "danger",
        },
    )
    def going(self, item: NewsItem) -> tuple[str, str]:
        """Where none waits any more, it has gone out."""
        is_done = item.state == NewsItem.State.GOING and not self.waiting(item)
        return item.state, str(_("gone out") if is_done else item.get_state_display())

    @column(_("pause"))
    def held(self, item: NewsItem) -> str:
        url = reverse("admin:petitions_newsitem_hold", args=[item.pk])
        return format_html('<a class="link" href="{}">{}</a>', url, _("Pause or stop it"))

    @column(_("waiting"))
    def waiting(self, item: NewsItem) -> int:
        waiting: int = getattr(item, "waiting")  # noqa: B009 - annotated by the query
        return waiting


def hold_page(
    request: HttpRequest, item: NewsItem | None, *, model_admin: DjangoModelAdmin[NewsItem]
) -> HttpResponse:
    """Shows how far it is; its buttons pause it, let it go on, or stop it for good."""
    if item is None or not request.user.has_perm(MAY_TELL):
        raise PermissionDenied
    if request.method == "POST":
        words, level = _hold(request, item)
        model_admin.message_user(request, words, level)
        return HttpResponseRedirect(request.path)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": str(item),
        "item": item,
        "waiting": item.deliveries.count(),
    }
    return TemplateResponse(request, "admin/news/hold.html", context)


@transaction.atomic
def _hold(request: HttpRequest, item: NewsItem) -> tuple[str, int]:
    do = request.POST.get("do", "")
    if do == "stop" and "sure" not in request.POST:
        return str(_("Please tick that you are sure.")), messages.WARNING
    moves: dict[str, tuple[Callable[[], bool], AuditEntry.Action, Promise]] = {
        "pause": (partial(pause, item), AuditEntry.Action.HOLD_NEWS, _("It waits now.")),
        "resume": (
            partial(resume, item, now=database_now()),
            AuditEntry.Action.GO_NEWS,
            _("It goes on."),
        ),
        "stop": (partial(stop, item), AuditEntry.Action.STOP_NEWS, _("It was stopped.")),
    }
    if do not in moves:
        raise PermissionDenied
    move, action, words = moves[do]
    waiting = item.deliveries.count()
    if not move():
        return str(_("Somebody else was quicker: nothing was changed.")), messages.WARNING
    record(request, action, count=waiting, selection=str(item))
    return str(words), messages.SUCCESS


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
