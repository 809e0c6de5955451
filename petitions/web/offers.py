"""The page after a confirmation, and its buttons, each of which signs one more ask."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from petitions.models import Petition
from petitions.signatures.offers import OfferNotValid, OpenOffer, open_offers, sign_offer
from petitions.web.figures import figures_now
from petitions.web.languages import translations_of_home
from petitions.web.moments import for_a_moment
from petitions.web.origin import own_forms_only


def thank_you(
    request: HttpRequest,
    offers: Sequence[OpenOffer],
    *,
    signed: Petition | None,
    also: bool = False,
) -> HttpResponse:
    """It answers the POST itself: a page of its own would tell in the history what was done.

    `signed` is what may be passed on now; None where nothing could be signed any more.
    """
    asks = tuple(offer.petition.pk for offer in offers)
    # Only who has nothing more to sign is shown them.
    counts = () if offers else tuple(ask.count for ask in figures_now().asks)
    page = for_a_moment(
        ("thank you", request.get_host(), get_language(), signed and signed.pk, asks, also, counts),
        lambda: _page(request, offers, signed=signed, also=also),
    )
    for offer in offers:
        page = page.replace(_place_of(offer), offer.token)
    return HttpResponse(page)


def _page(
    request: HttpRequest,
    offers: Sequence[OpenOffer],
    *,
    signed: Petition | None,
    also: bool,
) -> str:
    """For everybody who has signed the same: where the tokens will stand are other words.

    Nor does it know this request's address, which holds the token of a mail.
    """
    words = Petition.objects.with_words().in_bulk([each.petition.pk for each in offers])
    context = {
        "offers": [OpenOffer(words[each.petition.pk], _place_of(each)) for each in offers],
        "petition": signed,
        "also": also,
        "figures": figures_now(),
        "translations": translations_of_home(),
    }
    return render_to_string("confirmed.html", context, request)


def _place_of(offer: OpenOffer) -> str:
    return f"the-token-for-{offer.petition.pk}-stands-here"


@require_http_methods(["GET", "HEAD", "POST"])
@own_forms_only
@never_cache
def sign_also(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect(f"{reverse('home')}#asks")
    now = timezone.now()
    try:
        signed = sign_offer(request.POST.get("sign", ""), now=now)
    except OfferNotValid:
        return render(request, "offer_not_valid.html")
    offers = open_offers(request.POST.getlist("offer"), now=now)
    return thank_you(request, offers, signed=signed, also=True)
