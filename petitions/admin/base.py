"""What the screens are made of: Unfold's classes, with the types of Django's, which they extend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import unfold.decorators
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise

from petitions.admin.drawing import FilterForm, badges, row_checkbox
from petitions.admin.paginator import BoundedPaginator

__all__ = [
    "DropdownFilter",
    "InlineFormSet",
    "ModelAdmin",
    "ModelForm",
    "RangeDateFilter",
    "ReadOnlyAdmin",
    "SealedAdmin",
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
    from django.forms import ModelForm as DjangoModelForm
    from unfold.admin import ModelAdmin as UnfoldModelAdmin
    from unfold.admin import StackedInline as UnfoldStackedInline
    from unfold.admin import TabularInline as UnfoldTabularInline
    from unfold.contrib.filters.admin import DropdownFilter as UnfoldDropdownFilter
    from unfold.contrib.filters.admin import RangeDateFilter
    from unfold.forms import PaginationInlineFormSet

    class _WithTypes:
        def __class_getitem__(cls, _types: object) -> type:
            return cls

    class ModelAdmin(_WithTypes, UnfoldModelAdmin):
        paginator = BoundedPaginator
        list_before_template = "admin/more.html"
        # Named, because Unfold looks for them at each row, and a template looks long in vain.
        list_sections = ()
        # What this list will hold, for whoever finds it empty.
        when_empty = ""

        @unfold.decorators.display(description=UnfoldModelAdmin.action_checkbox.short_description)
        def action_checkbox(self, row: Model) -> str:
            return row_checkbox(row.pk)

    class DropdownFilter(UnfoldDropdownFilter):
        form_class = FilterForm

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


class SealedAdmin(ReadOnlyAdmin[_M]):
    """Rows whose own page opens what is sealed in them: who looks at it is recorded."""

    def record_reading(self, request: HttpRequest, row: _M) -> None:
        raise NotImplementedError

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,  # noqa: FBT001, FBT002 - Django's signature
        change: bool = False,  # noqa: FBT001, FBT002 - likewise
        form_url: str = "",
        obj: _M | None = None,
    ) -> HttpResponse:
        if obj:
            self.record_reading(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)


def column(
    title: str | Promise, *, label: Mapping[Any, str] | None = None, **looks: Any
) -> Callable[[_F], _F]:
    """A list's column; `label` draws its values as badges, in the colours that it gives them;
    `looks` are Unfold's: `boolean`, `header`, `ordering`.
    """

    def decorate(value: _F) -> _F:
        @wraps(value)
        def drawn(admin: object, row: Model) -> Any:
            return badges(value(admin, row), label or {})

        display = unfold.decorators.display(description=title, **looks)
        return cast("_F", display(value if label is None else drawn))

    return decorate
