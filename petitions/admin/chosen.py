"""Which rows of a list an organizer ticked."""

from __future__ import annotations

import uuid

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest
from django.http import HttpRequest


def ticked(request: HttpRequest) -> list[uuid.UUID]:
    """
    Raises:
        BadRequest: something else than a list's references was sent.
    """
    try:
        return [uuid.UUID(each) for each in request.POST.getlist(ACTION_CHECKBOX_NAME)]
    except ValueError as error:
        raise BadRequest("This is no reference.") from error
