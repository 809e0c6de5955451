"""`/mailbox/`: what the local mail server took, for the person at this machine.

A letter is written by strangers, as far as this page knows: its HTML is shown in a frame that can
run nothing, load nothing and be nobody.
"""

import re
from io import BytesIO
from pathlib import Path

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp, csp_replace
from django.conf import settings
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from local.mailbox import Mail, Mailbox

PAGE_LENGTH = 50

# The frame's own rules, sent with the letter, so that they also hold outside the frame.
LETTER_POLICY = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "img-src": ["data:"],
    "form-action": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [SELF],
    # Links open in a tab of their own, which is an ordinary one.
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}


@require_safe
@never_cache
def mailbox(request: HttpRequest) -> HttpResponse:
    box = open_mailbox()
    page = Paginator(box.keys(), PAGE_LENGTH).get_page(request.GET.get("page"))
    mails = [mail for mail in map(box.skim, page.object_list) if mail]
    return render(request, "local/mailbox.html", {"page": page, "mails": mails})


@require_safe
@never_cache
@csp_replace({"frame-src": [SELF]})  # type: ignore[arg-type] # its types know no view with arguments
def message(request: HttpRequest, key: str) -> HttpResponse:
    return render(request, "local/message.html", {"mail": find(key)})


@require_safe
@never_cache
@xframe_options_sameorigin
@csp(LETTER_POLICY)  # type: ignore[arg-type] # likewise
def html(_request: HttpRequest, key: str) -> HttpResponse:
    return HttpResponse(with_links_in_new_tabs(find(key).html))


@require_safe
@never_cache
def source(_request: HttpRequest, key: str) -> HttpResponse:
    return HttpResponse(find(key).raw, content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
def attachment(_request: HttpRequest, key: str, number: int) -> FileResponse:
    for found in find(key).attachments:
        if found.number == number:
            return FileResponse(BytesIO(found.content), as_attachment=True, filename=found.name)
    raise Http404


def open_mailbox() -> Mailbox:
    return Mailbox(Path(settings.MAILBOX_DIR))


def find(key: str) -> Mail:
    mail = open_mailbox().read(key)
    if mail is None:
        raise Http404
    return mail


def with_links_in_new_tabs(page: str) -> str:
    return re.sub(r"(?i)<head\b[^>]*>", r'\g<0><base target="_blank">', page, count=1)
