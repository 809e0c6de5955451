from collections.abc import Iterator

import pytest
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import Delivery
from tests.delivery.clock import Clock, jumping_clock
from tests.delivery.shaky_relay import shaky_relay
from tests.makers import make_office, make_petition, make_signature


@pytest.fixture
def clock(transactional_db) -> Iterator[Clock]:
    with jumping_clock() as clock:
        yield clock


@pytest.fixture
def relay(tmp_path, settings):
    with shaky_relay(tmp_path / "box", settings) as start:
        yield start


@pytest.fixture
def due(keys) -> Delivery:
    """A letter that is due."""
    petition = make_petition()
    make_office(petition)
    make_signature(petition)
    close_batch(petition, now=timezone.now())
    return Delivery.objects.select_related("batch__petition", "office").get()
