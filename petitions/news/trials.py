"""A draft, mailed to one address that an organizer typed: what subscribers would get, marked.

The organizers' process can send no mail: it seals the address to the mailer, whose tick finds it.
"""

from __future__ import annotations

import logging
import uuid
from datetime import datetime
from email.utils import make_msgid
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from petitions.delivery.smtp import (
    FateUnknown,
    Interrupted,
    Refused,
    RelayConnection,
    RelayUnreachable,
)
from petitions.mime import sender_domain
from petitions.models import NewsLetter, NewsText, NewsTrial
from petitions.models.clock import database_now
from petitions.models.sealed import open_trial_address, seal_trial_address
from petitions.news.mails import NoSuchMail, compose_letter, envelope
from petitions.signatures.tokens import make_token
from petitions.vault import CannotOpen

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

AN_HOUR = 5
MARK = "[Test] "
State = NewsTrial.State


class TooManyTrials(Exception):
    """This organizer has to wait; the message says so."""


@transaction.atomic
def ask_for_trial(
    letter: NewsLetter, *, address: str, language: str, by: User, now: datetime
) -> NewsTrial:
    """Let the mailer send the draft there: in one language, or where it is empty in all.

    Raises:
        TooManyTrials: by this organizer, within an hour.
    """
    User.objects.select_for_update().get(pk=by.pk)
    if NewsTrial.objects.alive(now=now).filter(asked_by=by).count() >= AN_HOUR:
        raise TooManyTrials(_("These were five tests in an hour. Please wait a little."))
    reference = uuid.uuid4()
    return NewsTrial.objects.create(
        id=reference,
        letter=letter,
        language=language,
        box=seal_trial_address(address, trial_id=reference),
        asked_at=now,
        asked_by=by,
    )


def send_trials() -> int:
    """Send what waits, and forget what is over. A test is tried once: its organizer sees how it went.

    Raises:
        KeysUnavailable: no box opens; they wait for at most an hour.
    """
    NewsTrial.objects.expired(now=database_now()).delete()
    sent = 0
    for trial in NewsTrial.objects.filter(state=State.WAITS).order_by("asked_at"):
        address = _open(trial)
        if _take(trial):
            sent += _send(trial, address)
    return sent


def _open(trial: NewsTrial) -> str:
    """Empty where the box does not open."""
    try:
        return open_trial_address(bytes(trial.box or b""), trial_id=trial.pk)
    except CannotOpen:
        return ""


def _take(trial: NewsTrial) -> bool:
    waiting = NewsTrial.objects.filter(pk=trial.pk, state=State.WAITS)
    return waiting.update(state=State.SENDING) == 1


def _send(trial: NewsTrial, address: str) -> bool:
    try:
        _hand_over(trial.letter, _texts(trial), address)
    except (NoSuchMail, Refused, Interrupted, FateUnknown, RelayUnreachable) as fault:
        # Without its words, in which the address may stand.
        log.warning("a test of news was not sent: %s", type(fault).__name__)
        state = State.FAILED
    else:
        state = State.SENT
    NewsTrial.objects.filter(pk=trial.pk).update(state=state, box=None)
    return state == State.SENT


def _texts(trial: NewsTrial) -> Sequence[NewsText]:
    """Those that are left: the draft may have been changed meanwhile."""
    texts = [each for each in trial.letter.texts.all() if trial.language in {"", each.language}]
    if not texts:
        raise NoSuchMail
    return texts


def _hand_over(letter: NewsLetter, texts: Sequence[NewsText], address: str) -> None:
    with RelayConnection() as connection:
        for text in texts:
            mail = compose_letter(
                letter,
                text,
                address=address,
                # Of nobody: it shows how the link looks, and ends nothing.
                stop_token=make_token(),
                mail_id=make_msgid(domain=sender_domain(settings.DEFAULT_FROM_EMAIL)),
                subject_before=MARK,
            )
            written = envelope(mail, address)
            connection.announce(sender=written.sender, recipient=written.recipient)
            connection.hand_over(written.mail, before_the_dot=_nothing)


def _nothing() -> None:
    """Nobody else holds it."""
