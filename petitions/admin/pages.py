from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.db import models

from petitions.admin.base import ModelAdmin
from petitions.admin.markdown_preview import MarkdownWidget
from petitions.models import Page


@admin.register(Page)
class PageAdmin(ModelAdmin[Page]):
    list_display = ("title", "slug", "language")
    list_filter = ("language",)
    search_fields = ("title", "slug")
    formfield_overrides: ClassVar = {models.TextField: {"widget": MarkdownWidget}}
    view_on_site = False
    warn_unsaved_form = True
