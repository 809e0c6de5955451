"""The answer to a signed form: the petition's own address, and nothing that a browser keeps.

A page of its own for this answer would stand in the browser's history and tell that somebody
signed. So it is the answer to the POST itself, under an address that every reader has visited.
Sending it again by reloading does no harm: who signs twice is counted once.
"""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from petitions.web.moments import for_a_moment


def check_your_mail(request: HttpRequest) -> HttpResponse:
    """What everybody sees who signs: new or known, in time or one time too many."""
    # The same for all, so a rush of signers shares one.
    page = for_a_moment(
        ("check your mail", request.get_host(), request.path),
        lambda: render_to_string("check_your_mail.html", request=request),
    )
    return HttpResponse(page)


def kept_by_nobody(response: HttpResponse) -> HttpResponse:
    """No browser and no proxy may keep it; it can hold what somebody typed."""
    response["Cache-Control"] = "no-store"
    return response
