"""The public pages. Each view is a few lines around one function of the layer below."""

from __future__ import annotations

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import cache_page, never_cache
from django.views.decorators.http import require_http_methods, require_safe

from petitions.models import Office, Page
from petitions.signatures.confirm import LinkNotValid, confirm, find_request
from petitions.signatures.request import request_signature
from petitions.signatures.withdraw import leads_somewhere, withdraw
from petitions.web import figures, traps
from petitions.web.answers import check_your_mail, kept_by_nobody
from petitions.web.figures import Ask, figures_now
from petitions.web.forms import ConfirmForm, SignForm
from petitions.web.limits import mail_time
from petitions.web.origin import own_forms_only

NAMES_SHOWN = 30


@require_safe
@cache_page(figures.SECONDS)
def home(request: HttpRequest) -> HttpResponse:
    context = {"page": _page("home"), "figures": figures_now()}
    return render(request, "home.html", context)


@require_safe
@cache_page(figures.SECONDS)
def page(request: HttpRequest, slug: str) -> HttpResponse:
    return render(request, "page.html", {"page": _page(slug)})


def _go_to(name: str) -> HttpResponse:
    """The top of another page; else browsers keep the form's #problem in the address."""
    return redirect(f"{reverse(name)}#content")


def _page(slug: str) -> Page:
    try:
        return Page.objects.in_language(slug, get_language() or "en")
    except Page.DoesNotExist as error:
        raise Http404 from error


# --- Signing


@require_http_methods(["GET", "HEAD", "POST"])
@own_forms_only
@cache_page(figures.SECONDS)
def petition(request: HttpRequest, slug: str) -> HttpResponse:
    ask = figures_now().ask(slug)
    if ask is None:
        raise Http404
    if request.method == "POST":
        return kept_by_nobody(_sign(request, ask))
    return _show(request, ask, _sign_form(ask))


def _sign(request: HttpRequest, ask: Ask) -> HttpResponse:
    form = _sign_form(ask, request.POST)
    if not ask.petition.is_open or not form.is_valid():
        return _show(request, ask, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    now = timezone.now()
    # Who asks too much waits; a robot that filled in what nobody sees leaves nothing.
    if mail_at := mail_time(request, now=now):
        request_signature(form.wish(), now=now, mail_at=mail_at)
    return check_your_mail(request)


def _sign_form(ask: Ask, data: QueryDict | None = None) -> SignForm:
    others = figures_now().open_petitions_but(ask.petition)
    return SignForm(data, petition=ask.petition, others=others)


def _show(
    request: HttpRequest, ask: Ask, form: SignForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {
        "ask": ask,
        "petition": ask.petition,
        "text": ask.petition.text,
        "updates": ask.petition.updates.filter(language=ask.petition.text.language),
        "named": ask.petition.signatures.named_in_public()[:NAMES_SHOWN],
        "offices": Office.objects.responsible_for(ask.petition),
        "others": [
            other for other in figures_now().asks if other.petition.slug != ask.petition.slug
        ],
        "form": form,
        **traps.context(request.POST, now=timezone.now()),
    }
    return render(request, "petition.html", context, status=status)


# --- Confirming


@require_http_methods(["GET", "HEAD", "POST"])
@own_forms_only
@never_cache
def confirmation(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the mailed link. Opening it changes nothing: mail scanners open links."""
    now = timezone.now()
    try:
        petition_ids = find_request(token, now=now).petition_ids
        data = request.POST if request.method == "POST" else None
        form = ConfirmForm(data, petition_ids=petition_ids)
        if request.method == "POST" and form.is_valid():
            confirm(token, petition_ids=form.petition_ids(), now=now)
            return _go_to("confirmed")
    except LinkNotValid:
        return render(request, "link_not_valid.html")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render(request, "confirm.html", {"form": form}, status=status)


@require_safe
@never_cache
def confirmed(request: HttpRequest) -> HttpResponse:
    return render(request, "confirmed.html", {"figures": figures_now()})


# --- Leaving


@require_http_methods(["GET", "HEAD", "POST"])
@own_forms_only
@never_cache
def withdrawal(request: HttpRequest, token: str) -> HttpResponse:
    if request.method == "POST":
        return render(request, "withdrawn.html", {"erased": withdraw(token, now=timezone.now())})
    if not leads_somewhere(token):
        return render(request, "nothing_stored.html")
    return render(request, "withdraw.html")
