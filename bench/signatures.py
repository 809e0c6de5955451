"""Confirmed signatures by the thousand, as confirming makes them."""

from __future__ import annotations

import os
import uuid

from django.db.models import QuerySet

from petitions.models import Petition, Signature, Visibility
from petitions.models.clock import this_hour
from petitions.models.sealed import Details

COUNTRIES = ["LT", "UA", "DE", "PL", "FR"]


def make_signatures(
    petition: Petition, count: int, *, visibility: Visibility = Visibility.OFFICIALS
) -> QuerySet[Signature]:
    """Of supporters in several countries; a third have no comment."""
    Signature.objects.bulk_create(
        (_signature(petition, number, visibility) for number in range(count)), batch_size=1000
    )
    return Signature.objects.filter(petition=petition)


def _signature(petition: Petition, number: int, visibility: Visibility) -> Signature:
    reference = uuid.uuid4()
    details = Details(name=f"Supporter {number}", comment="Please act soon. " * (number % 3))
    return Signature(
        id=reference,
        petition=petition,
        index=os.urandom(32),
        sig_box=None
        if visibility == Visibility.WITHHELD
        else details.seal(petition_id=petition.pk, signature_id=reference),
        country=COUNTRIES[number % len(COUNTRIES)],
        visibility=visibility,
        language="en",
        consent_version="2026-11-23",
        confirmed_hour=this_hour(),
    )
