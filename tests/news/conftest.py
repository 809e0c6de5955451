"""An office's public answer, and a mail server with a plan of faults."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import NewsDelivery
from petitions.models.clock import database_now
from petitions.news.tell import tell_subscribers
from tests.delivery.shaky_relay import shaky_relay
from tests.makers import make_answer, make_office, make_petition, make_signature


@pytest.fixture
def answer(keys):
    petition = make_petition()
    make_office(petition, name="Foreign Minister")
    make_signature(petition)
    batch = close_batch(petition, now=timezone.now())
    return make_answer(batch.deliveries.get(), body="We *act*.\n\nSoon.")


@pytest.fixture
def tell(answer):
    """Let subscribers hear of the answer."""

    def tell_now():
        by = User.objects.get_or_create(username="olga")[0]
        return tell_subscribers(answer, by=by, now=database_now())

    return tell_now


@pytest.fixture
def relay(tmp_path, settings):
    with shaky_relay(tmp_path / "box", settings) as start:
        yield start


def wait_no_longer():
    """As if the time that is waited for had passed."""
    past = timezone.now() - timedelta(seconds=1)
    NewsDelivery.objects.filter(state="ready").update(due_at=past)
    NewsDelivery.objects.exclude(lease_until=None).update(lease_until=past)
