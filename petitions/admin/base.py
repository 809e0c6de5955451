"""What the screens are made of: Unfold's classes, with the types of Django's, which they extend."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

import unfold.decorators
from django.db.models import Model
from django.http import HttpRequest
from django.utils.functional import Promise

from petitions.admin.paginator import BoundedPaginator

__all__ = [
    "DropdownFilter",
    "InlineFormSet",
    "ModelAdmin",
    "ModelForm",
    "RangeDateFilter",
    "ReadOnlyAdmin",
    "StackedInline",
    "TabularInline",
    "column",
]

_M = TypeVar("_M", bound=Model)
_F = TypeVar("_F", bound=Callable[..., Any])

if TYPE_CHECKING:
    from django.contrib.admin import FieldListFilter as RangeDateFilter
    from django.contrib.admin import ModelAdmin, StackedInline, TabularInline
    from django.contrib.admin import SimpleListFilter as DropdownFilter
    from django.forms import BaseInlineFormSet as InlineFormSet
    from django.forms import ModelForm
else:
    from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
    from django.forms import ModelForm as DjangoModelForm
    from django.utils.html import format_html
    from django.utils.translation import get_language
    from unfold.admin import ModelAdmin as UnfoldModelAdmin
    from unfold.admin import StackedInline as UnfoldStackedInline
    from unfold.admin import TabularInline as UnfoldTabularInline
    from unfold.admin import checkbox
    from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter
    from unfold.forms import PaginationInlineFormSet

    class _WithTypes:
        def __class_getitem__(cls, _types: object) -> type:
            return cls

    @cache
    def _checkbox(_language: str) -> str:
        return checkbox.render(ACTION_CHECKBOX_NAME, "{}")

    class ModelAdmin(_WithTypes, UnfoldModelAdmin):
        paginator = BoundedPaginator
        list_before_template = "admin/more.html"
        # What this list will hold, for whoever finds it empty.
        when_empty = ""

        @unfold.decorators.display(description=UnfoldModelAdmin.action_checkbox.short_description)
        def action_checkbox(self, row: Model) -> str:
            """As Unfold's, which renders a template for each row: a tenth of a list's time."""
            return format_html(_checkbox(get_language()), row.pk)

    class StackedInline(_WithTypes, UnfoldStackedInline):
        pass

    class TabularInline(_WithTypes, UnfoldTabularInline):
        pass

    class ModelForm(_WithTypes, DjangoModelForm):
        pass

    class InlineFormSet(_WithTypes, PaginationInlineFormSet):
        pass


class ReadOnlyAdmin(ModelAdmin[_M]):
    """Rows that come from elsewhere: organizers look, and change nothing by hand."""

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: _M | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: _M | None = None) -> bool:
        return False


def column(title: str | Promise, **looks: Any) -> Callable[[_F], _F]:
    """A list's column; `looks` are Unfold's: `label`, `boolean`, `ordering`.

    A `label` that gives colours must name every value: Unfold shows others by their bare value.
    """
    decorate = unfold.decorators.display(description=title, **looks)
    return cast("Callable[[_F], _F]", decorate)
