"""Batches and deliveries: what went to whom, and what the mail server said."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from petitions.admin.base import ReadOnlyAdmin, TabularInline, column
from petitions.admin.office_pages import lines_of
from petitions.admin.pauses import pauses_in_force
from petitions.admin.petitions import title_of
from petitions.delivery.head_words import HeadWords
from petitions.delivery.preview import preview
from petitions.models import Batch, Delivery, DeliveryEvent, OfficePage
from petitions.models.clock import database_now
from petitions.models.delivery import DeliveryQuerySet
from petitions.models.office_page import FILES_LIFE


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin[Batch]):
    list_display = ("batch", "closed_at", "size", "letters", "signatures", "in_log")
    list_filter = ("petition",)
    list_select_related = ("petition", "head")
    list_per_page = 50
    fields = ("petition", "number", "closed_at", "size", "letters", "signatures", "in_log")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        sent = Count("deliveries", filter=Q(deliveries__state=Delivery.State.SENT))
        return super().get_queryset(request).annotate(letters=Count("deliveries"), sent=sent)

    @column(_("batch"), ordering="closed_at")
    def batch(self, batch: Batch) -> str:
        return str(batch)

    @column(_("letters"))
    def letters(self, batch: Batch) -> str:
        url = reverse("admin:petitions_delivery_changelist")
        words = _("%(sent)s of %(all)s sent") % {
            "sent": getattr(batch, "sent"),  # noqa: B009 - annotated by the query
            "all": getattr(batch, "letters"),  # noqa: B009 - likewise
        }
        return format_html(
            '<a class="link" href="{}?batch__id__exact={}">{}</a>', url, batch.pk, words
        )

    @column(_("signatures"))
    def signatures(self, batch: Batch) -> str:
        url = reverse("admin:petitions_signature_changelist")
        return format_html(
            '<a class="link" href="{}?batch={}">{}</a>', url, batch.pk, _("show them")
        )

    @column(_("public log"))
    def in_log(self, batch: Batch) -> str:
        """Of its head, as its letters have it."""
        head = HeadWords.of(batch)
        if head is None:
            return gettext("waits; its letters wait too")
        words = _("%(size)s leaves, root %(root)s")
        return words % {"size": number_format(head.size, force_grouping=True), "root": head.root}


class HistoryInline(TabularInline[DeliveryEvent, Delivery]):
    """What a delivery came to, newest last; whoever sees the delivery sees it, nobody changes it."""

    model = DeliveryEvent
    fields = readonly_fields = ("at", "state", "try_number", "words")
    ordering = ("id",)
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, _obj: Delivery | None = None) -> bool:
        return request.user.has_perm("petitions.view_delivery")

    def has_add_permission(self, _request: HttpRequest, _obj: Delivery | None = None) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Delivery | None = None) -> bool:
        return False


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin[Delivery]):
    list_display = ("batch", "office", "state_label", "tries", "due_at", "sent_at", "last_words")
    list_filter = ("state", "batch__petition", "office")
    list_select_related = ("batch__petition", "office")
    list_per_page = 50
    search_fields = ("message_id", "office__name", "office__organisation")
    search_help_text = _("Office, organisation or Message-ID")
    fields = (
        ("batch", "office"),
        ("state", "tries"),
        ("due_at", "sent_at"),
        ("message_id", "sent_to"),
        "reply",
        "answers",
        "came_back",
        "on_its_page",
    )
    inlines = (HistoryInline,)
    actions = ("try_again", "allow_downloads")

    def get_urls(self) -> list[URLPattern]:
        today = self.admin_site.admin_view(self.today)
        return [path("today/", today, name="petitions_delivery_today"), *super().get_urls()]

    def today(self, request: HttpRequest) -> HttpResponse:
        """Who would receive what today, and what keeps letters back."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Who gets what today"),
            "lines": [(line, title_of(line.petition)) for line in preview(now=timezone.now())],
            "pauses": pauses_in_force(),
            "may_pause": request.user.has_perm("petitions.add_pause"),
        }
        return TemplateResponse(request, "admin/deliveries/today.html", context)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """The list of batches links to the deliveries of one."""
        return lookup == "batch__id__exact" or super().lookup_allowed(lookup, value, request)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("petitions.change_delivery")

    @admin.action(description=_("Try again what failed"), permissions=["retry"])
    def try_again(self, request: HttpRequest, deliveries: DeliveryQuerySet) -> None:
        """With the same Message-ID, for as long as at first; what has not failed stays as it is."""
        tried = deliveries.filter(state=Delivery.State.FAILED).move(
            state=Delivery.State.READY,
            due_at=Now(),
            tries=0,
            put_off_for=timedelta(),
            words=f"{request.user} lets it be tried again.",
        )
        words = ngettext(
            "%(tried)s letter will be tried again.",
            "%(tried)s letters will be tried again.",
            tried,
        )
        level = messages.SUCCESS if tried else messages.WARNING
        self.message_user(request, words % {"tried": tried}, level)

    @admin.action(
        description=_("Let the files be downloaded for 30 more days"), permissions=["retry"]
    )
    def allow_downloads(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        """From now on, by the link that the office has."""
        until = database_now() + FILES_LIFE
        allowed = OfficePage.objects.filter(delivery__in=deliveries).update(extended_until=until)
        words = ngettext(
            "%(allowed)s office can download its files until %(date)s.",
            "%(allowed)s offices can download their files until %(date)s.",
            allowed,
        )
        date = date_format(until, "DATE_FORMAT")
        self.message_user(request, words % {"allowed": allowed, "date": date})

    @column(_("on its own page"))
    def on_its_page(self, delivery: Delivery) -> str:
        return lines_of(delivery.office_actions.all())

    @column(_("answers"))
    def answers(self, delivery: Delivery) -> str:
        answers = ", ".join(str(each.answered_on) for each in delivery.answers.all())
        url = reverse("admin:petitions_answer_add")
        words = _("add one")
        link = format_html('<a class="link" href="{}?delivery={}">{}</a>', url, delivery.pk, words)
        return format_html("{} {}", answers, link)

    @column(_("what came back"))
    def came_back(self, delivery: Delivery) -> str:
        return format_html_join(
            ", ",
            '<a class="link" href="{}">{}</a>',
            (
                (reverse("admin:petitions_returned_change", args=[each.pk]), str(each))
                for each in delivery.returned.all()
            ),
        )

    @column(
        _("state"),
        ordering="state",
        label={
            Delivery.State.READY: "",
            Delivery.State.SENT: "success",
            Delivery.State.FAILED: "danger",
            Delivery.State.UNCERTAIN: "warning",
            Delivery.State.SENDING: "info",
            Delivery.State.COMMITTING: "info",
        },
    )
    def state_label(self, delivery: Delivery) -> tuple[str, str]:
        return delivery.state, delivery.get_state_display()

    @column(_("the mail server's last words"))
    def last_words(self, delivery: Delivery) -> str:
        return Truncator(delivery.reply).chars(60)
