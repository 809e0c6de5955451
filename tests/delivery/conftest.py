import pytest
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import Delivery
from tests.makers import make_office, make_petition, make_signature


@pytest.fixture
def sent(db, keys):
    """A delivery whose letter was sent."""
    petition = make_petition()
    office = make_office(petition)
    make_signature(petition)
    close_batch(petition, now=timezone.now())
    Delivery.objects.update(state=Delivery.State.SENT, sent_at=timezone.now(), sent_to=office.email)
    return Delivery.objects.get()
