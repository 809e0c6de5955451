"""An office's own page, behind the link in its letter. Opening it changes nothing.

Mail scanners open links, so every action is a button. All links that lead nowhere see one page.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from petitions.delivery import office_pages
from petitions.delivery.downloads import Download, NoSuchFile, download
from petitions.delivery.office_pages import LeadsNowhere, Standing, TooManyWait
from petitions.web.office_forms import AddressForm, AnswerForm, OfficeForm, StopForm
from petitions.web.origin import own_forms_only

FORMS: dict[str, type[OfficeForm]] = {form.do: form for form in (AnswerForm, AddressForm, StopForm)}


def done_notes() -> dict[str, str]:
    """What the page says after a button, by the button's name."""
    return {
        "confirm": _("Thank you. The receipt is noted."),
        "files": _("The files are being made."),
        "answer": _(
            "Thank you. Your answer appears on our site once an organizer has looked at it."
        ),
        "address": _("Thank you. An organizer looks at it before anything is sent there."),
        "stop": _("No more letters go to this office."),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@own_forms_only
@never_cache
def office_page(request: HttpRequest, token: str) -> HttpResponseBase:
    """Every button names what it does; a POST that names nothing shows the page."""
    try:
        return _answer(request, token)
    except LeadsNowhere:
        return _without_traces(
            render(request, "office_page_nowhere.html", status=HTTPStatus.NOT_FOUND)
        )


@require_safe
@never_cache
def letter_link(_request: HttpRequest, token: str) -> HttpResponseBase:
    """As it stands in the letter: it leads to the page in the office's language."""
    try:
        page = office_pages.find_page(token, now=timezone.now())
    except LeadsNowhere as error:
        raise Http404 from error
    with override(page.delivery.office.language):
        return redirect("office", token)


def _answer(request: HttpRequest, token: str) -> HttpResponseBase:
    match request.POST.get("do"):
        case "confirm":
            office_pages.confirm_receipt(token, now=timezone.now())
            return _done(token, "confirm")
        case "files":
            office_pages.ask_for_files(token, now=timezone.now())
            return _done(token, "files")
        case "download":
            return _hand_out(request, token)
        case "answer" | "address" | "stop" as do:
            return _take(request, token, do)
        case _:
            return _page(request, token)


def _take(request: HttpRequest, token: str, do: str) -> HttpResponseBase:
    form = FORMS[do](request.POST, address=_address(token))
    if not form.is_valid():
        return _page(request, token, form=form)
    try:
        _DO[do](token, form)
    except TooManyWait:
        form.add_error(
            None,
            _(
                "We have not looked at what you sent before. Please wait for it, or answer the letter."
            ),
        )
        return _page(request, token, form=form)
    return _done(token, do)


def _write_answer(token: str, form: OfficeForm) -> None:
    text, language = form.cleaned_data["text"], form.cleaned_data["language"]
    office_pages.write_answer(token, text, language=language, now=timezone.now())


def _propose_address(token: str, form: OfficeForm) -> None:
    assert isinstance(form, AddressForm)  # noqa: S101 - tells the type checker which form it is
    office_pages.propose_address(token, form.words(), other=form.is_other, now=timezone.now())


def _stop_letters(token: str, form: OfficeForm) -> None:
    assert isinstance(form, StopForm)  # noqa: S101 - likewise
    office_pages.stop_letters(token, form.words(), now=timezone.now())


_DO: dict[str, Callable[[str, OfficeForm], None]] = {
    "answer": _write_answer,
    "address": _propose_address,
    "stop": _stop_letters,
}


def _hand_out(request: HttpRequest, token: str) -> HttpResponseBase:
    number = request.POST.get("file", "")
    try:
        file = download(token, int(number) if number.isdecimal() else -1, now=timezone.now())
    except (NoSuchFile, ValueError):
        return _page(request, token, note=_("This file is not here any more."))
    return _without_traces(_as_attachment(file))


def _as_attachment(file: Download) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        file.chunks,
        content_type=file.type,
        headers={
            "Content-Length": str(file.size),
            "Content-Disposition": content_disposition_header(True, file.name) or "attachment",  # noqa: FBT003 - as an attachment; Django's signature
            # Not packed on the way: browsers show how much is still to come.
            "Content-Encoding": "identity",
        },
    )


def _page(
    request: HttpRequest, token: str, *, form: OfficeForm | None = None, note: str = ""
) -> HttpResponseBase:
    now = timezone.now()
    page = office_pages.find_page(token, now=now)
    context = {
        **_facts(office_pages.standing(page)),
        "gives_files": page.gives_files(now=now),
        "address": _address(token),
        "wrong": form is not None,
        "note": note or done_notes().get(request.GET.get("done", ""), ""),
        "forms": {do: kind(address=_address(token)) for do, kind in FORMS.items()},
    }
    if form is not None:
        context["forms"][form.do] = form
    return _without_traces(render(request, "office_page.html", context))


def _facts(found: Standing) -> dict[str, Any]:
    petition = found.delivery.batch.petition
    return {
        "standing": found,
        "delivery": found.delivery,
        "office": found.office,
        "petition": petition,
        "text": petition.text,
        "files": found.page.files.manifest if found.page.files else [],
    }


def _done(token: str, what: str) -> HttpResponseBase:
    """So that reloading the page sends nothing again."""
    return redirect(f"{_address(token)}?done={what}")


def _without_traces(response: HttpResponseBase) -> HttpResponseBase:
    """The address is a secret; search engines must not keep it where somebody published it."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _address(token: str) -> str:
    return reverse("office", args=[token])
