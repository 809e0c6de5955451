"""New words of a letter need a new approval, wherever they are typed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from petitions.models import Petition
from petitions.models.petition_text import letter_words_of


@contextmanager
def watch_letters(request: HttpRequest, petition: Petition) -> Iterator[None]:
    """Withdraw the approval, and say so, if what is done meanwhile changes the letters."""
    before = letter_words_of(petition)
    yield
    if letter_words_of(petition) != before and petition.withdraw_approval():
        words = _("The letters have new words, and wait until they are approved again.")
        messages.warning(request, words)
