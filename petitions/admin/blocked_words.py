from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from petitions.admin.base import ModelAdmin
from petitions.models import BlockedWord


@admin.register(BlockedWord)
class BlockedWordAdmin(ModelAdmin[BlockedWord]):
    """What organizers add to the lists in `content/words/`; a word decides nothing by itself."""

    when_empty = _("A name with one of these words is marked in the queue; a person decides.")
    list_display = ("word", "language")
    list_filter = ("language",)
    search_fields = ("word",)
    list_per_page = 100
