"""What offices wrote back: organizers copy here what may be shown."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from petitions.admin.base import ModelAdmin, column
from petitions.models import Answer, Batch, Office


@admin.register(Answer)
class AnswerAdmin(ModelAdmin[Answer]):
    list_display = ("office", "letter", "answered_on", "language", "public")
    list_filter = ("delivery__batch__petition", "language", "public")
    list_select_related = ("delivery__batch__petition", "delivery__office")
    list_per_page = 50
    autocomplete_fields = ("delivery",)
    fields = ("delivery", ("answered_on", "language"), "body", "public")
    warn_unsaved_form = True

    @column(_("office"), ordering="delivery__office")
    def office(self, answer: Answer) -> Office:
        return answer.delivery.office

    @column(_("letter"), ordering="delivery__batch__closed_at")
    def letter(self, answer: Answer) -> Batch:
        return answer.delivery.batch
