"""A made file on its way to its exporter: chunk by chunk, and from where it broke off."""

from __future__ import annotations

import re
from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from petitions.admin.audit import record
from petitions.exports.formats import TYPES
from petitions.exports.orders import said
from petitions.exports.shelf import read
from petitions.models import AuditEntry, Export
from petitions.vault import VaultError

_range = re.compile(r"bytes=(\d*)-(\d*)").fullmatch


class NoSuchRange(Exception):
    """The file does not reach that far."""


def hand_over(request: HttpRequest, export: Export) -> HttpResponseBase:
    """The file, or the part of it that a broken download still lacks. Only to its exporter."""
    if export.by_id != request.user.pk:
        raise PermissionDenied
    until = export.until
    if export.state != Export.State.READY or until is None or until <= timezone.now():
        return _back(request, export, _("This file is not here any more."))
    try:
        start, end = _wanted(request, export)
    except NoSuchRange:
        headers = {"Content-Range": f"bytes */{export.size}"}
        return HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    try:
        chunks = read(export, start=start, end=end)
    except VaultError:
        return _back(request, export, _("The keys that are here do not open this file."))
    # Committed before the first byte leaves, so that no download goes unrecorded.
    record(
        request,
        AuditEntry.Action.DOWNLOAD,
        count=export.rows_total,
        selection=said(export),
        reason=export.reason,
    )
    whole = (start, end) == (0, export.size)
    return StreamingHttpResponse(
        chunks,
        status=HTTPStatus.OK if whole else HTTPStatus.PARTIAL_CONTENT,
        headers=_headers(export) | _about_part(export, start, end),
    )


def _wanted(request: HttpRequest, export: Export) -> tuple[int, int]:
    """From where and up to where: all of it, unless one part of this very file is asked for."""
    asked = _range(request.headers.get("Range", ""))
    same = request.headers.get("If-Range", _mark(export)) == _mark(export)
    if not asked or not same or asked.groups() == ("", ""):
        return 0, export.size
    first, last = asked.groups()
    if not first:
        start, end = max(0, export.size - int(last)), export.size
    else:
        start, end = int(first), min(export.size, int(last) + 1 if last else export.size)
    if start >= end:
        raise NoSuchRange
    return start, end


def _headers(export: Export) -> dict[str, str]:
    kind = "application/octet-stream" if export.age_recipient else TYPES[export.format]
    return {
        "Content-Type": kind,
        "Content-Disposition": content_disposition_header(True, export.file_name) or "attachment",  # noqa: FBT003 - as an attachment; Django's signature
        # Not packed on the way: a part would be one of another file.
        "Content-Encoding": "identity",
        "Accept-Ranges": "bytes",
        "ETag": _mark(export),
        "Cache-Control": "no-store",
    }


def _about_part(export: Export, start: int, end: int) -> dict[str, str]:
    length = {"Content-Length": str(end - start)}
    if (start, end) == (0, export.size):
        return length
    return length | {"Content-Range": f"bytes {start}-{end - 1}/{export.size}"}


def _mark(export: Export) -> str:
    """One that was made again is another file."""
    return f'"{export.pk}-{export.fence}"'


def _back(request: HttpRequest, export: Export, words: str) -> HttpResponse:
    messages.warning(request, words)
    return HttpResponseRedirect(reverse("admin:petitions_export_change", args=[export.pk]))
