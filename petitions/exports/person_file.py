"""All that is stored of one person as one JSON file, for an organizer to hand over.

Opened on the way out and kept nowhere. The address is in it as little as anywhere: it is sealed to
the mailer, and whoever gets the file knows it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, override

from petitions.content import campaign
from petitions.exports.copies import content_of
from petitions.models import NewsSubscriber, Petition, Signature, SignRequest
from petitions.models.sealed import Details
from petitions.models.signature import signature_id
from petitions.vault import CannotOpen


def person_file(
    *,
    signatures: Collection[Signature],
    requests: Collection[SignRequest],
    subscriber: NewsSubscriber | None,
    mails: Collection[datetime],
    now: datetime,
) -> bytes:
    """The file, with words in the language in which the person signed.

    Raises:
        KeysUnavailable: the signature key that lies here is not the campaign's.
    """
    with override(_language(signatures, requests, subscriber)):
        content = {
            "about": _about(now),
            "signatures": [_signature(each) for each in signatures],
            "sign_requests": [_request(each) for each in requests],
            "news": subscriber and _news(subscriber),
            "mails_of_the_last_two_days": [each.isoformat() for each in mails],
        }
    return json.dumps(content, ensure_ascii=False, indent=2).encode()


def _language(
    signatures: Collection[Signature],
    requests: Collection[SignRequest],
    subscriber: NewsSubscriber | None,
) -> str:
    known = [each.language for each in [*signatures, *requests, subscriber] if each]
    return known[0] if known else settings.LANGUAGE_CODE


def _about(now: datetime) -> dict[str, Any]:
    return {
        "what": gettext(
            "All that is stored about you. Your address is not in it: it is sealed, and where you "
            "signed only marks of it are kept, which nobody can turn back."
        ),
        "controller": campaign()["controller"],
        "purposes_recipients_and_periods": f"{settings.SITE_URL}/privacy/",
        "made": now.isoformat(timespec="minutes"),
    }


def _signature(signature: Signature) -> dict[str, Any]:
    content, _opens = content_of(signature)
    return {"reference": str(signature.pk), **content}


def _request(request: SignRequest) -> dict[str, Any]:
    slugs = Petition.objects.in_bulk(request.petition_ids)
    return {
        "petitions": [slugs[each].slug for each in request.petition_ids if each in slugs],
        "asked_in_hour": request.created_hour.isoformat(),
        "erased_unless_confirmed_by": request.expires_at.isoformat(),
        "country": request.country.code,
        "visibility": request.visibility,
        "language": request.language,
        "wants_news": request.news_box is not None,
        **_typed(request),
    }


def _typed(request: SignRequest) -> dict[str, str]:
    """What was typed is the same in all boxes of one request."""
    if not request.sig_boxes:
        return {"note": gettext("No name, postcode or comment is stored.")}
    petition_id = request.petition_ids[0]
    try:
        details = Details.open(
            bytes(request.sig_boxes[0]),
            petition_id=petition_id,
            signature_id=signature_id(request.pk, petition_id),
        )
    except CannotOpen:
        return {"note": gettext("What you typed is damaged and can’t be opened.")}
    return dict(vars(details))


def _news(subscriber: NewsSubscriber) -> dict[str, str]:
    return {
        "address": gettext("The one that you gave when you signed; it is sealed here."),
        "mark_of_address": bytes(subscriber.index).hex(),
        "language": subscriber.language,
        "consent_version": subscriber.consent_version,
        "confirmed_hour": subscriber.confirmed_hour.isoformat(),
    }
