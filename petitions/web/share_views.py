"""What is handed out to be passed on: a petition's card, picture, QR code and way to Mastodon, and
the home page's picture.
"""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO

from csp.decorators import csp_replace
from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import quote_etag
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import condition, require_safe

from petitions.models import SharePicture
from petitions.web.caching import cached_page, known_query_only
from petitions.web.figures import public_ask
from petitions.web.share import clean_server, share
from petitions.web.via import partner_query
from petitions.web.views import content_page

PICTURE_SECONDS = 10 * 60
QR_SECONDS = 24 * 3600


@require_safe
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
@cached_page
def card(request: HttpRequest, slug: str) -> HttpResponse:
    """Made for partners' pages: the one page that others may frame. It holds a link and no form."""
    ask = public_ask(slug)
    context = {"ask": ask, "petition": ask.petition, "via": partner_query(request)}
    return render(request, "card.html", context)


# --- The share pictures


def _picture(slug: str | None = None) -> SharePicture:
    """A petition's, or without its address the home page's.

    Raises:
        Http404: there is no such petition, or its picture is still to be drawn.
    """
    pictures = SharePicture.objects
    found = (
        pictures.of(public_ask(slug).petition.text)
        if slug
        else pictures.of_home(content_page("home"))
    )
    picture = found.first()
    if picture is None:
        raise Http404
    return picture


def _etag(_request: HttpRequest, slug: str | None = None) -> str:
    return quote_etag(_picture(slug).version)


@require_safe
@cache_control(public=True, max_age=PICTURE_SECONDS)
@condition(etag_func=_etag)
def picture(_request: HttpRequest, slug: str | None = None) -> HttpResponse:
    return HttpResponse(bytes(_picture(slug).png), content_type="image/png")


# --- The QR code


@require_safe
@known_query_only
@cache_control(public=True, max_age=QR_SECONDS)
def qr_code(request: HttpRequest, slug: str) -> HttpResponse:
    """The petition's address; with a partner's code in it, if the code's own address has one."""
    # Half a megabyte, for what few ask for.
    import segno  # noqa: PLC0415

    shared = share(public_ask(slug).petition)
    svg = BytesIO()
    code = segno.make_qr(shared.address + partner_query(request), error="m")
    # Without a size it fills a window, and a poster.
    code.save(svg, kind="svg", omitsize=True, light="#fff", dark="#000", title=shared.title)
    return HttpResponse(svg.getvalue(), content_type="image/svg+xml")


# --- Mastodon


class MastodonForm(forms.Form):
    server = forms.CharField(
        label=_("Your Mastodon server"),
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "spellcheck": "false", "placeholder": "social.example"}
        ),
        error_messages={"required": _("Please type the name of your server.")},
    )

    def clean_server(self) -> str:
        return clean_server(self.cleaned_data["server"])


@require_safe
@never_cache
def mastodon(request: HttpRequest, slug: str) -> HttpResponse:
    """Shows a link to the server that was named: a redirect there would serve strangers' links."""
    petition = public_ask(slug).petition
    form = MastodonForm(request.GET if "server" in request.GET else None)
    context = {"petition": petition, "form": form}
    if form.is_valid():
        server = form.cleaned_data["server"]
        context |= {"server": server, "address": share(petition).on_mastodon(server)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "mastodon.html", context, status=status)
