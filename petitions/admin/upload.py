"""The only doors for files: into memory, up to a limit, never onto a disk.

Who opens such a door decides how a request's body is read, and the check of the form's origin reads
the body; so the view is exempt from the first check and does it by itself, as Django's own
documentation has it ("Modifying upload handlers on the fly").
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from unfold.widgets import UnfoldAdminTextareaWidget

from petitions.imports.sheet import MOST_BYTES

FIELD = "file"
# What may be pasted has to fit into the form itself (DATA_UPLOAD_MAX_MEMORY_SIZE).
MOST_PASTED = 15_000
# Where the handler tells the form.
TOO_LARGE = "petitions.too_large"

View = Callable[..., HttpResponseBase]


class IntoMemory(FileUploadHandler):
    """Keeps one file in memory; one that is too large is read past, and the form learns of it."""

    has_one = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.field_name != FIELD or self.has_one:
            raise SkipFile
        self.has_one, self.kept = True, io.BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > MOST_BYTES:
            self.kept = io.BytesIO()
            assert self.request is not None  # noqa: S101 - set by `takes_a_file`
            self.request.META[TOO_LARGE] = True
            raise SkipFile
        self.kept.write(raw_data)

    def file_complete(self, _file_size: int) -> SimpleUploadedFile:
        return SimpleUploadedFile("sheet", self.kept.getvalue())


def takes_a_file(view: View) -> View:
    """Wrap it inside `admin_site.admin_view`."""
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.upload_handlers = [IntoMemory(request)]
        return protected(request, *args, **kwargs)

    return opened


class SheetForm(forms.Form):
    """A file, or what was pasted; the bytes of either."""

    file = forms.FileField(
        label=_("CSV file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv", "class": "file"}),
        help_text=_(
            "At most 5 MB and 10,000 lines. It is read in memory; its lines wait sealed for your yes."
        ),
        error_messages={"empty": _("This file is empty.")},
    )
    pasted = forms.CharField(
        label=_("Or paste the lines here"),
        required=False,
        strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6, "spellcheck": "false"}),
        max_length=MOST_PASTED,
        help_text=_("With the titles in the first line."),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_too_large = bool(request.META.get(TOO_LARGE))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.is_too_large:
            self.add_error(FIELD, _("This file is larger than 5 MB. Please split it."))
        elif not self.errors and not (cleaned.get(FIELD) or cleaned.get("pasted")):
            self.add_error(FIELD, _("Please choose a file, or paste the lines below."))
        return cleaned

    def data_given(self) -> bytes:
        given = self.cleaned_data[FIELD]
        if given:
            data: bytes = given.read()
            return data
        pasted: str = self.cleaned_data["pasted"]
        return pasted.encode()
