"""“Check the count”: what the public log is, how far it is, and whose root stands in a letter."""

from __future__ import annotations

import base64
import binascii
import unicodedata
from collections.abc import Iterator
from http import HTTPStatus

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from five_asks_verify.merkle import HASH_BYTES
from petitions.models import Head
from petitions.models.clock import this_hour
from petitions.web.caching import also_reads, cached_page
from petitions.web.figures import figures_now
from petitions.web.ledger_figures import log_figures

ROOT = "root"


@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    also_reads(request, ROOT)
    return _looked_up(request) if ROOT in request.GET else _page(request)


@cached_page
def _page(request: HttpRequest) -> HttpResponse:
    return _show(request, RootForm())


@never_cache
def _looked_up(request: HttpRequest) -> HttpResponse:
    form = RootForm(request.GET)
    status = HTTPStatus.OK if form.is_valid() else HTTPStatus.UNPROCESSABLE_ENTITY
    return _show(request, form, status=status)


def _show(request: HttpRequest, form: RootForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    logs = log_figures()
    known = {each.ask.petition.pk for each in logs}
    context = {
        "form": form,
        "logs": logs,
        "unpublished": [ask for ask in figures_now().asks if ask.petition.pk not in known],
        "head": form.head,
        "head_hour": this_hour(form.head.published_at) if form.head else None,
    }
    return render(request, "ledger.html", context, status=status)


class RootForm(forms.Form):
    """What an office has copied from its letter."""

    root = forms.CharField(
        label=_("The root in your letter"),
        strip=False,
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
        ),
        error_messages={"required": _("Please paste the root of your letter.")},
    )

    head: Head | None = None

    def clean_root(self) -> str:
        """As a log writes it; `head` is then the one that has it, or None."""
        root = next(filter(_is_root, _readings(self.cleaned_data["root"])), None)
        if root is None:
            raise ValidationError(
                _(
                    "This is no root. A root has 44 letters, digits and signs, and ends in “=”."
                    " Please copy all of it, and nothing else."
                )
            )
        heads = Head.objects.filter(root=base64.b64decode(root), size__gt=0)
        self.head = heads.select_related("log__petition").first()
        return root


def _readings(pasted: str) -> Iterator[str]:
    """Without what mail programs and PDF readers put between letters."""
    seen = "".join(each for each in pasted if unicodedata.category(each) != "Cf")
    yield "".join(seen.split())
    # In an address that somebody has typed, a plus sign means a space, also at its beginning.
    yield seen.strip("\r\n\t").replace(" ", "+")


def _is_root(text: str) -> bool:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(raw) == HASH_BYTES and base64.b64encode(raw).decode() == text
