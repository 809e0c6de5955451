"""An office's public answer, and a mail server with a plan of faults."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from local.smtp import mail_server
from petitions.delivery.batches import close_batch
from petitions.models import NewsDelivery
from petitions.models.clock import database_now
from petitions.news.tell import tell_subscribers
from tests.conftest import use_relay
from tests.delivery.faults import BadDays, ShakyConnection
from tests.mailbox import Mailbox
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
    """Start a mail server with a plan of faults."""
    settings.RELAY_TIMEOUT = 2
    stack = []

    def start(*plan):
        server = mail_server(BadDays(tmp_path / "box", *plan), ShakyConnection)
        use_relay(settings, server.__enter__(), tmp_path / "box")
        stack.append(server)
        return Mailbox(tmp_path / "box")

    yield start
    for server in stack:
        server.__exit__(None, None, None)


def wait_no_longer():
    """As if the time that is waited for had passed."""
    past = timezone.now() - timedelta(seconds=1)
    NewsDelivery.objects.filter(state="ready").update(due_at=past)
    NewsDelivery.objects.exclude(lease_until=None).update(lease_until=past)
