"""A petition's page before it is public, for those without an account: words, and nothing to send."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from petitions.models import Petition
from petitions.web.figures import Ask, figures_now, petitions_now
from petitions.web.forms import SignForm
from petitions.web.views import petition_context


@require_safe
@never_cache
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """Also of one that is public: with the updates that are still to come."""
    petitions = Petition.objects.in_preview(token).with_texts()
    petition = petitions.filter(texts__language=settings.LANGUAGE_CODE).first()
    if petition is None:
        raise Http404
    form = SignForm(petition=petition, others=petitions_now().open_but(petition))
    updates = petition.updates.in_language(get_language() or "en")
    context = petition_context(request, _ask(petition), form, updates)
    context |= {"preview": True, "is_draft": petition.state == Petition.State.DRAFT}
    if context["is_draft"]:
        # As it will look; nothing is stored.
        petition.state = Petition.State.OPEN
    return render(request, "petition.html", context)


def _ask(petition: Petition) -> Ask:
    public = figures_now().ask(petition.slug)
    return Ask(petition, public.count if public else 0)
