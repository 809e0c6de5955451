"""Markdown as the site will show it, below the field that it is typed in, before it is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from petitions.markdown import to_html

if TYPE_CHECKING:
    from django.forms import Textarea as UnfoldAdminTextareaWidget
else:
    from unfold.widgets import UnfoldAdminTextareaWidget

# The button's name says which field it is for; Django counts such names up in forms that it adds.
BUTTON = "markdown-of:"


class MarkdownWidget(UnfoldAdminTextareaWidget):
    """The button works without scripts; with `markdown.js` the preview follows what is typed."""

    class Media:
        js = (Script("admin/markdown.js", type="module"),)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return format_html(
            '<div class="markdown" data-markdown>{}'
            '<button class="button" type="submit" name="{}{}" formaction="{}" formtarget="_blank"'
            " formnovalidate>{}</button>"
            '<div class="markdown-sample" data-wrong="{}" aria-live="polite"></div></div>',
            super().render(name, value, attrs, renderer),
            BUTTON,
            name,
            reverse("admin:petitions_petition_markdown"),
            _("Preview"),
            _("The preview can’t be shown at the moment."),
        )


@require_POST
def markdown_page(request: HttpRequest, *, context: dict[str, object]) -> HttpResponse:
    """One field of whatever form was posted: a page, or for the script its part."""
    pressed = next((name for name in request.POST if name.startswith(BUTTON)), None)
    if pressed is None:
        return HttpResponseBadRequest()
    html = to_html(request.POST.get(pressed.removeprefix(BUTTON), ""))
    if "part" in request.POST:
        return HttpResponse(html)
    context |= {"html": html, "title": _("Preview")}
    return TemplateResponse(request, "admin/petitions/markdown.html", context)
