from __future__ import annotations

from django.contrib import admin

from petitions.admin.base import ModelAdmin
from petitions.models import Page


@admin.register(Page)
class PageAdmin(ModelAdmin[Page]):
    list_display = ("title", "slug", "language")
    list_filter = ("language",)
    search_fields = ("title", "slug")
    view_on_site = False
    warn_unsaved_form = True
