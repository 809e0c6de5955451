"""What a worker does first, and what makes it wait no longer."""

from datetime import timedelta

from django.utils import timezone

from petitions.delivery import claims
from petitions.models import Delivery


def claim_one(**how):
    """The delivery that has been due longest, claimed; None where nothing is due."""
    return next(iter(claims.claim(1, **how)), None)


def wait_no_longer():
    """As if the time that is waited for had passed."""
    past = timezone.now() - timedelta(seconds=1)
    Delivery.objects.filter(state=Delivery.State.READY).update(due_at=past)
    Delivery.objects.exclude(lease_until=None).update(lease_until=past)
