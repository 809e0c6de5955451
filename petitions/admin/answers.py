"""What offices wrote back: organizers copy here what may be shown."""

from __future__ import annotations

from typing import ClassVar, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from petitions.admin.base import ModelAdmin, column
from petitions.admin.markdown_preview import MarkdownWidget
from petitions.admin.news import MAY_TELL, tell_page
from petitions.delivery.office_pages import settle_published
from petitions.models import Answer, Batch, Office
from petitions.models.clock import database_now


@admin.register(Answer)
class AnswerAdmin(ModelAdmin[Answer]):
    when_empty = _("What offices write back is copied here, as far as it may be shown.")
    list_display = ("office", "letter", "answered_on", "language", "public")
    list_filter = ("delivery__batch__petition", "language", "public")
    list_select_related = ("delivery__batch__petition", "delivery__office")
    list_per_page = 50
    autocomplete_fields = ("delivery",)
    fields = ("delivery", ("answered_on", "language"), "body", "public", "told")
    readonly_fields = ("told",)
    formfield_overrides: ClassVar = {models.TextField: {"widget": MarkdownWidget}}
    warn_unsaved_form = True

    def get_urls(self) -> list[URLPattern]:
        tell = self.admin_site.admin_view(self.tell)
        return [path("<int:pk>/tell/", tell, name="petitions_answer_tell"), *super().get_urls()]

    def tell(self, request: HttpRequest, pk: int) -> HttpResponse:
        return tell_page(request, self.get_object(request, str(pk)), model_admin=self)

    def get_fields(
        self, request: HttpRequest, answer: Answer | None = None
    ) -> tuple[str | tuple[str, ...], ...]:
        """Whether subscribers hear of it is decided once it is there and public."""
        may_tell = request.user.has_perm(MAY_TELL)
        is_public = answer is not None and answer.public
        return self.fields if may_tell and is_public else self.fields[:-1]

    def save_model(
        self,
        request: HttpRequest,
        answer: Answer,
        form: ModelForm[Answer],
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        super().save_model(request, answer, form, change)
        settle_published(answer, by=cast("User", request.user), now=database_now())

    @column(_("news"))
    def told(self, answer: Answer) -> str:
        if hasattr(answer, "news"):
            told_at = date_format(answer.news.told_at, "DATETIME_FORMAT")
            return _("Subscribers were told on %(told_at)s.") % {"told_at": told_at}
        url = reverse("admin:petitions_answer_tell", args=[answer.pk])
        return format_html('<a class="link" href="{}">{}</a>', url, _("Tell subscribers"))

    @column(_("office"), ordering="delivery__office")
    def office(self, answer: Answer) -> Office:
        return answer.delivery.office

    @column(_("letter"), ordering="delivery__batch__closed_at")
    def letter(self, answer: Answer) -> Batch:
        return answer.delivery.batch
