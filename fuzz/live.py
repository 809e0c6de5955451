"""Rows behind links that lead somewhere, so that forms behind secret links are attacked too."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence

from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.delivery.office_pages import token_of
from petitions.models import OfficePage, Petition, SignRequest, Visibility
from petitions.models.clock import this_hour
from petitions.models.sealed import Details
from petitions.models.signature import signature_id
from petitions.signatures.confirm import confirm
from petitions.signatures.tokens import make_token, token_hash

# Of each kind; a hostile form uses up one now and then.
LINKS = 40


def make_links() -> dict[str, Sequence[str]]:
    """What `Site.live` takes: arguments by the name of their address, or by their own."""
    petition = Petition.objects.get(number=1)
    petition.make_preview(now=timezone.now())
    receipts = [_signed(petition) for _ in range(LINKS)]
    close_batch(petition, now=timezone.now())
    offices = [token_of(page) for page in OfficePage.objects.all()[:LINKS]]
    return {
        "slug": list(Petition.objects.values_list("slug", flat=True)),
        "confirm.token": [_asked(petition)[0] for _ in range(LINKS)],
        "receipt.token": receipts,
        "not-me.token": receipts,
        "stop-news.token": receipts,
        "office.token": offices,
        "office-link.token": offices,
        "preview.token": [petition.preview_token or ""],
        "kind": ["form", "page"],
    }


def _signed(petition: Petition) -> str:
    """The token of a page of a signer's own."""
    to_confirm, to_leave = _asked(petition)
    confirm(to_confirm, petition_ids=[petition.pk], now=timezone.now())
    return to_leave


def _asked(petition: Petition) -> tuple[str, str]:
    """The tokens in the mail of a sign request."""
    request_id, tokens = uuid.uuid4(), (make_token(), make_token())
    details = Details(name="Ann Lee", postcode="01234", comment="Please act.")
    reference = signature_id(request_id, petition.pk)
    SignRequest.objects.create(
        id=request_id,
        token_hash=token_hash(tokens[0]),
        withdraw_hash=token_hash(tokens[1]),
        created_hour=this_hour(),
        language="en",
        country="LT",
        visibility=Visibility.OFFICIALS,
        petition_ids=[petition.pk],
        sig_boxes=[details.seal(petition_id=petition.pk, signature_id=reference)],
        indexes=[os.urandom(32)],
        look_alikes=[os.urandom(32)],
    )
    return tokens
