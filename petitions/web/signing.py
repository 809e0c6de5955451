"""What becomes of a form that somebody filled in, whoever answers it: the page's view, or the desk in
front of Django (sign_desk.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from petitions.models import Petition, StepFigure, TurnedAway
from petitions.signatures.request import request_signature
from petitions.web.figures import petitions_now
from petitions.web.forms import SignForm
from petitions.web.limits import NoMail, turn_of
from petitions.web.steps import count
from petitions.web.via import partner_code, partner_id

Posted = MultiValueDict[str, str]


def empty_form(petition: Petition, *, code: str) -> SignForm:
    others = petitions_now().open_but(petition)
    return SignForm(petition=petition, others=others, partner_code=code)


def filled_form(slug: str, posted: Posted) -> SignForm:
    """Of the petition with this address; raises what `PublicPetitions.named` does."""
    public = petitions_now()
    petition = public.named(slug)
    others, code = public.open_but(petition), partner_code(posted)
    return SignForm(posted, petition=petition, others=others, partner_code=code)


def take(form: SignForm, meta: Mapping[str, Any]) -> bool:
    """Whether the form was good. Then what it asks for is kept, sealed; or there is none to be kept,
    of which the signer hears nothing. `meta` is WSGI's, of the request.

    Raises:
        KeysUnavailable: nothing can be sealed, so nothing is stored.
    """
    if not form.petition.is_open or not form.is_valid():
        return False
    now = timezone.now()
    try:
        turn = turn_of(form.data, meta, now=now)
    except NoMail as none:
        TurnedAway.objects.add(none.why, now=now)
    else:
        wish = form.wish(partner_id=partner_id(form.partner_code))
        request_signature(wish, now=now, mail_at=turn.mail_at, crowd=turn.crowd)
        count(StepFigure.Step.ASKED, petition_id=form.petition.pk)
    return True
