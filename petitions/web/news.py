"""Ending the news by the link in each of its mails: by hand, or by a mail program's button."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from petitions.signatures.withdraw import end_news


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt
@never_cache
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Mail scanners open links, and some post to them: only a POST that names it ends the news.

    It may come from elsewhere, as RFC 8058 wants: nobody else's browser knows the token. All
    answers are the same for every token.
    """
    one_click = request.POST.get("List-Unsubscribe") == "One-Click"
    ended = one_click or request.POST.get("do") == "end-news"
    if ended:
        end_news(token)
    if one_click:
        return HttpResponse(content_type="text/plain")
    address = reverse("stop-news", args=[token])
    return render(request, "news_stop.html", {"ended": ended, "address": address})
