"""The public pages. Each view is a few lines around one function of the layer below."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from petitions.models import (
    Batch,
    Office,
    Page,
    Petition,
    PetitionUpdate,
    SharePicture,
    Signature,
    TurnedAway,
)
from petitions.signatures.confirm import LinkNotValid, confirm, find_request
from petitions.signatures.request import request_signature
from petitions.web import figures, traps
from petitions.web.answers import check_your_mail, kept_by_nobody
from petitions.web.caching import cached_page
from petitions.web.figures import Ask, figures_now, public_ask
from petitions.web.forms import ConfirmForm, SignForm
from petitions.web.limits import NoMail, mail_time
from petitions.web.offers import thank_you
from petitions.web.origin import own_forms_only
from petitions.web.via import partner_code, partner_id, partner_query

NAMES_SHOWN = 30
NAMES_AT_HOME = 12
UPDATES_AT_HOME = 3


@require_safe
@cached_page
def home(request: HttpRequest) -> HttpResponse:
    page = content_page("home")
    context = {
        "page": page,
        "picture": SharePicture.objects.of_home(page).first(),
        "figures": figures_now(),
        "fewest_named": figures.FEWEST_NAMED,
        "latest": PetitionUpdate.objects.latest_in(page.language)[:UPDATES_AT_HOME],
        "named": Signature.objects.newest_names(NAMES_AT_HOME),
        "via": partner_query(request),
    }
    return render(request, "home.html", context)


@require_safe
@cached_page
def page(request: HttpRequest, slug: str) -> HttpResponse:
    return render(request, "page.html", {"page": content_page(slug)})


def content_page(slug: str) -> Page:
    try:
        return Page.objects.in_language(slug, get_language() or "en")
    except Page.DoesNotExist as error:
        raise Http404 from error


# --- Signing


@require_http_methods(["GET", "HEAD", "POST"])
@own_forms_only
@cached_page
def petition(request: HttpRequest, slug: str) -> HttpResponse:
    ask = public_ask(slug)
    if request.method == "POST":
        return kept_by_nobody(_sign(request, ask))
    return _show(request, ask, _sign_form(ask, code=partner_code(request.GET)))


def _sign(request: HttpRequest, ask: Ask) -> HttpResponse:
    code = partner_code(request.POST)
    form = _sign_form(ask, request.POST, code=code)
    if not ask.petition.is_open or not form.is_valid():
        return _show(request, ask, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    now = timezone.now()
    try:
        mail_at = mail_time(request, now=now)
    except NoMail as none:
        TurnedAway.objects.add(none.why, now=now)
    else:
        request_signature(form.wish(partner_id=partner_id(code)), now=now, mail_at=mail_at)
    return check_your_mail(request)


def _sign_form(ask: Ask, data: QueryDict | None = None, *, code: str) -> SignForm:
    others = figures_now().open_petitions_but(ask.petition)
    return SignForm(data, petition=ask.petition, others=others, partner_code=code)


def _show(
    request: HttpRequest, ask: Ask, form: SignForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    updates = ask.petition.updates.published().in_language(get_language() or "en")
    context = petition_context(request, ask, form, updates)
    return render(request, "petition.html", context, status=status)


def petition_context(
    request: HttpRequest, ask: Ask, form: SignForm, updates: Iterable[PetitionUpdate]
) -> dict[str, object]:
    """What a petition's page shows, to everybody or in a preview."""
    others = [other for other in figures_now().asks if other.petition.pk != ask.petition.pk]
    return {
        "ask": ask,
        "petition": ask.petition,
        "text": ask.petition.text,
        "updates": updates,
        "milestones": [each for each in updates if each.milestone],
        "named": ask.petition.signatures.named_in_public()[:NAMES_SHOWN],
        "last_batch": Batch.objects.filter(petition=ask.petition).with_progress().first(),
        "offices": Office.objects.responsible_for(ask.petition),
        "others": others,
        "open_asks": [other for other in others if other.petition.is_open],
        "form": form,
        "picture": SharePicture.objects.of(ask.petition.text).first(),
        "via": partner_query(request),
        **traps.context(request.POST, now=timezone.now()),
    }


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
        address = reverse("confirm", args=[token])
        form = ConfirmForm(data, petition_ids=petition_ids, address=address, now=now)
        if request.method == "POST" and form.is_valid():
            confirmed = confirm(token, petition_ids=form.petition_ids(), now=now)
            signed = Petition.objects.filter(pk__in=confirmed.petition_ids).first()
            return thank_you(request, confirmed.offers, signed=signed)
    except LinkNotValid:
        return render(request, "link_not_valid.html")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render(request, "confirm.html", {"form": form}, status=status)
