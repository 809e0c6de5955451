"""The public pages. Each view is a few lines around one function of the layer below."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
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
    PetitionUpdate,
    SharePicture,
    Signature,
    StepFigure,
)
from petitions.signatures.confirm import (
    Confirmed,
    LinkNotValid,
    NotOffered,
    confirm,
    find_request,
)
from petitions.signatures.offers import OpenOffer
from petitions.web import figures, traps
from petitions.web.answers import check_your_mail, kept_by_nobody
from petitions.web.caching import cached_page
from petitions.web.figures import Ask, figures_now, petitions_now, public_ask
from petitions.web.forms import ConfirmForm, SignForm, agreed_to
from petitions.web.offers import thank_you
from petitions.web.origin import own_forms_only
from petitions.web.sign_desk import for_the_desk, raise_fault
from petitions.web.signing import empty_form, filled_form, take
from petitions.web.steps import count, counts_views
from petitions.web.via import partner_code, partner_query

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
@counts_views
@cached_page
def petition(request: HttpRequest, slug: str) -> HttpResponse:
    if request.method == "POST":
        return kept_by_nobody(_sign(request, slug))
    ask = public_ask(slug)
    return _show(request, ask, empty_form(ask.petition, code=partner_code(request.GET)))


def _sign(request: HttpRequest, slug: str) -> HttpResponse:
    raise_fault(request)
    form = filled_form(slug, request.POST)
    if not take(form, request.META):
        return _show(request, public_ask(slug), form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return for_the_desk(request, slug, check_your_mail(request))


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
        "last_batch": Batch.objects.newest_of(ask.petition),
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
        if request.method == "POST" and (agreed := agreed_to(request.POST)):
            with suppress(NotOffered):
                return _thank(
                    request, confirm(token, petition_ids=agreed, now=now, all_or_none=True)
                )
        petition_ids = find_request(token, now=now).petition_ids
        data = request.POST if request.method == "POST" else None
        address = reverse("confirm", args=[token])
        form = ConfirmForm(data, petition_ids=petition_ids, address=address, now=now)
    except LinkNotValid:
        return render(request, "link_not_valid.html")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render(request, "confirm.html", {"form": form}, status=status)


def _thank(request: HttpRequest, confirmed: Confirmed) -> HttpResponse:
    if confirmed.petition_ids:
        count(StepFigure.Step.CONFIRMED, petition_id=confirmed.asked_on)
    known = {petition.pk: petition for petition in petitions_now().petitions}
    offers = [
        OpenOffer(known[each], token) for each, token in confirmed.offers.items() if each in known
    ]
    signed = next((known[each] for each in known if each in confirmed.petition_ids), None)
    return thank_you(request, offers, signed=signed)
