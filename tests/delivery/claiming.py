"""What a worker does first, and what makes it wait no longer."""

from datetime import timedelta

from django.utils import timezone

from petitions.delivery import claims
from petitions.delivery.letters import LetterDesk
from petitions.delivery.queue import compose, hand_over
from petitions.delivery.smtp import RelayConnection
from petitions.models import Delivery


def claim_one(**how):
    """The delivery that has been due longest, claimed; None where nothing is due."""
    return next(iter(claims.claim(1, **how)), None)


def commit(delivery):
    """Whether it is still this worker's, and may go."""
    return claims.commit_to_sending([delivery])[0] == [delivery]


def go_on_with(delivery):
    """What a worker does with a letter that it has claimed; how many letters were sent."""
    with RelayConnection() as connection:
        return hand_over([compose(delivery, LetterDesk())], connection)


def wait_no_longer():
    """As if the time that is waited for had passed."""
    past = timezone.now() - timedelta(seconds=1)
    Delivery.objects.filter(state=Delivery.State.READY).update(due_at=past)
    Delivery.objects.exclude(lease_until=None).update(lease_until=past)
