"""How far a letter to an office is, in words for everybody.

Nothing of why is said: a pause's reason and a mail server's words are the organizers'.
"""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from petitions.models import Delivery, Office

State = Delivery.State


class Stage(TextChoices):
    CONFIRMED = "confirmed", _("receipt confirmed")
    DELIVERED = "delivered", _("delivered")
    ON_ITS_WAY = "on-its-way", _("on its way")
    OUT_OF_HOURS = "waits-for-hours", _("waits for office hours")
    DELAYED = "delayed", _("delayed, will be tried again")
    HELD = "held", _("held back for now")
    UNDELIVERABLE = "undeliverable", _("could not be delivered")
    STOPPED = "stopped", _("no more letters go there")
    NONE = "none", _("no letter yet")


def stage_of(office: Office, newest: Delivery | None) -> Stage:
    """Of the newest letter to `office`, which brings `may_go`, `bounced` and `confirmed` from its
    query."""
    if newest is None:
        return Stage.NONE
    if newest.state == State.FAILED or getattr(newest, "bounced"):  # noqa: B009 - annotated
        return Stage.UNDELIVERABLE
    if newest.state == State.SENT:
        confirmed = getattr(newest, "confirmed")  # noqa: B009 - annotated
        return Stage.CONFIRMED if confirmed else Stage.DELIVERED
    if not office.active:
        return Stage.STOPPED
    return _stage_of_waiting(newest)


def _stage_of_waiting(delivery: Delivery) -> Stage:
    if delivery.state == State.READY and not getattr(delivery, "may_go"):  # noqa: B009 - annotated
        return Stage.HELD
    if delivery.waits_for_hours:
        return Stage.OUT_OF_HOURS
    # Who is at its first try holds it just now.
    if delivery.state == State.UNCERTAIN or delivery.tries > (delivery.state != State.READY):
        return Stage.DELAYED
    return Stage.ON_ITS_WAY
