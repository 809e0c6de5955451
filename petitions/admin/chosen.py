"""What an organizer chose from the list of signatures, as a query and in words."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from petitions.admin.filters import DatesFilter, SignatureFilter, reference_in
from petitions.models import Signature


@dataclass(frozen=True)
class Choice:
    """`ticked` is empty where all that the filters let through are meant."""

    signatures: QuerySet[Signature]
    count: int
    words: str
    ticked: list[uuid.UUID]


def choice(request: HttpRequest, model_admin: ModelAdmin[Signature]) -> Choice:
    """What the list shows under the filters in the address, or those of it that were ticked.

    Raises:
        BadRequest: the address or the form holds what no list of ours sends.
    """
    try:
        changelist = model_admin.get_changelist_instance(request)
    except IncorrectLookupParameters as error:
        raise BadRequest("The list knows no such filter.") from error
    signatures, words = changelist.queryset, _filters_in_words(changelist)
    references = [] if request.POST.get("select_across") == "1" else ticked(request)
    if references:
        signatures = signatures.filter(pk__in=references)
        words = _("ticked one by one from: %(filters)s") % {"filters": words}
    return Choice(signatures, signatures.count(), words, references)


def ticked(request: HttpRequest) -> list[uuid.UUID]:
    """
    Raises:
        BadRequest: something else than a list's references was sent.
    """
    try:
        # A page of ours sends many references in one field: a form has at most 200 of these.
        posted = ",".join(request.POST.getlist(ACTION_CHECKBOX_NAME))
        return [uuid.UUID(each) for each in posted.split(",") if each]
    except ValueError as error:
        raise BadRequest("This is no reference.") from error


def _filters_in_words(changelist: ChangeList) -> str:
    phrases = [
        spec.in_words()
        for spec in changelist.filter_specs
        if isinstance(spec, SignatureFilter | DatesFilter)
    ]
    # Only what is a reference is quoted; whatever else was typed there found nothing anyway.
    reference = reference_in(changelist.query)
    if reference:
        phrases.append(_("reference: %(beginning)s…") % {"beginning": reference})
    return "; ".join(filter(None, phrases)) or _("all signatures")
