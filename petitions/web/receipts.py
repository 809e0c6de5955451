"""A signer's own page, behind the second link in the mail. Opening it changes nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from petitions.models import Petition, Visibility
from petitions.signatures.copies import ask_for_copy, open_copy
from petitions.signatures.receipt import receipt
from petitions.signatures.visibility import NameIsGone, change_visibility
from petitions.signatures.withdraw import Erased, end_news, not_me, withdraw, withdraw_some
from petitions.web.origin import own_forms_only


@require_http_methods(["GET", "HEAD", "POST"])
@own_forms_only
@never_cache
def receipt_page(request: HttpRequest, token: str) -> HttpResponse:
    """Every button names what it does; a POST that names nothing shows the page."""
    now = timezone.now()
    opened: list[int] = []
    match request.POST.get("do"):
        case "visibility":
            return _change_visibility(request, token)
        case "withdraw":
            petition_ids = _petition_ids(request)
            return _erased(request, token, withdraw_some(token, petition_ids=petition_ids, now=now))
        case "withdraw-all":
            return _erased(request, token, withdraw(token, now=now))
        case "end-news":
            return _erased(request, token, end_news(token))
        case "make-copy":
            ask_for_copy(token, now=now)
        case "save-copy":
            return _save_copy(request, token)
        case "show-receipt":
            opened = _petition_ids(request)
    return _page(request, token, opened=opened)


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt
@never_cache
def not_me_button(request: HttpRequest, token: str) -> HttpResponse:
    """The one-click unsubscribe of RFC 8058, which the mail's provider posts from anywhere.

    So this form alone may come from elsewhere: whoever knows the token could send it anyway, and
    nobody else's browser knows it. The answer tells nothing of the token.
    """
    if request.POST.get("List-Unsubscribe") == "One-Click":
        not_me(token)
        return HttpResponse(content_type="text/plain")
    return redirect("receipt", token)


def _page(
    request: HttpRequest, token: str, *, note: str = "", opened: Sequence[int] = ()
) -> HttpResponse:
    """`opened` are petitions whose receipt for the public log is shown; nothing notes that."""
    found = receipt(token, now=timezone.now())
    if not found:
        return render(request, "nothing_stored.html")
    context = {"receipt": found, "address": _address(token), "note": note, "opened": opened}
    return render(request, "receipt.html", context)


def _change_visibility(request: HttpRequest, token: str) -> HttpResponse:
    wished = request.POST.get("visibility")
    if wished not in Visibility.values:
        return _page(request, token)
    try:
        for petition_id in _petition_ids(request):
            change_visibility(
                token,
                petition_id=petition_id,
                visibility=Visibility(wished),
                now=timezone.now(),
            )
    except NameIsGone:
        note = _("Nothing was changed: no name is kept here. Withdraw and sign again to be named.")
        return _page(request, token, note=note)
    return _page(request, token, note=_("Your choice is kept."))


def _erased(request: HttpRequest, token: str, erased: Erased) -> HttpResponse:
    context = {
        "erased": erased,
        "something_is_left": bool(receipt(token, now=timezone.now())),
        "address": _address(token),
    }
    return render(request, "withdrawn.html", context)


def _save_copy(request: HttpRequest, token: str) -> HttpResponse:
    copy = open_copy(token)
    if copy is None:
        return _page(request, token)
    return HttpResponse(
        json.dumps(copy, ensure_ascii=False, indent=2),
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="copy.json"'},
    )


def _petition_ids(request: HttpRequest) -> list[int]:
    """The ask that a button is about, by its address when the page was opened; whether the link
    leads to it is known further down.
    """
    slug = request.POST.get("ask", "")
    petitions = Petition.objects.prefetch_related("addresses")
    return [petition.pk for petition in petitions if slug in petition.slugs]


def _address(token: str) -> str:
    return reverse("receipt", args=[token])
