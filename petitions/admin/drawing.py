"""What lists draw over and over, drawn once: two fifths of a long list's time went into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ChangeList
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from unfold.admin import checkbox
from unfold.templatetags import unfold_list

if TYPE_CHECKING:
    from django.forms import Form as DropdownForm
    from django.forms import Select as UnfoldAdminSelectWidget
else:
    from unfold.contrib.filters.forms import DropdownForm
    from unfold.widgets import UnfoldAdminSelectWidget

Header = dict[str, Any]


def row_checkbox(pk: object) -> SafeString:
    """The box that ticks a row."""
    return format_html(_checkbox(get_language()), pk)


@cache
def _checkbox(_language: str) -> str:
    return str(checkbox.render(ACTION_CHECKBOX_NAME, "{}"))


def badges(value: Any, colours: Mapping[Any, str]) -> SafeString | str:
    """A value as Unfold's label, a list as many; a pair is a value that has a colour, and its words."""
    if not value:
        return "-"
    colour = ""
    if colours:
        key, value = value if isinstance(value, tuple) else (value, value)
        colour = colours.get(key, "")
    texts = value if isinstance(value, list) else [value]
    return format_html_join(" ", _badge(colour), ((text,) for text in texts))


@cache
def _badge(colour: str) -> str:
    return render_to_string("unfold/helpers/label.html", {"type": colour, "text": "{}"}).strip()


class FilterSelect(UnfoldAdminSelectWidget):
    """A select that draws its options by its own template, not each by two more."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: Any = None,  # noqa: ARG002 - Django's signature
    ) -> SafeString:
        context = self.get_context(name, value, attrs)
        context["attributes"] = flatatt(context["widget"]["attrs"])
        return render_to_string("admin/filter_select.html", context)


class FilterForm(DropdownForm):
    widget = FilterSelect(
        attrs={
            "data-theme": "admin-autocomplete",
            "class": "unfold-admin-autocomplete admin-autocomplete",
        }
    )


def _once_a_list(
    draw: Callable[[ChangeList], Iterator[Header]],
) -> Callable[[ChangeList], list[Header]]:
    def headers(changelist: ChangeList) -> list[Header]:
        drawn: dict[str, list[Header]] = vars(changelist)
        if "drawn_headers" not in drawn:
            # Their titles as texts, so that no cell translates its own again.
            drawn["drawn_headers"] = [
                header | {"text": conditional_escape(header["text"])} for header in draw(changelist)
            ]
        return drawn["drawn_headers"]

    return headers


# Unfold asks for all headers again for each row, which wants their titles only.
unfold_list.result_headers = _once_a_list(unfold_list.result_headers)
