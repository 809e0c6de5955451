"""Whatever happens in whatever order, the log's count is the one that follows from its entries."""

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from petitions.delivery.batches import close_batch
from petitions.ledger.publish import publish, publish_batches
from petitions.models import Delivery, Hold, Log, Signature, Tally
from petitions.signatures.holds import hold, release
from petitions.signatures.withdraw import erase_signatures
from tests.ledger.replayed import assert_whole, replay
from tests.makers import make_office, make_petition, make_signature

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def nth(signatures, number):
    """One of them, or none; locked as leaving locks it."""
    ids = list(signatures.order_by("confirmed_hour", "id").values_list("pk", flat=True))
    chosen = [ids[number % len(ids)]] if ids else []
    return signatures.filter(pk__in=chosen)


def sign(petition, _number):
    make_signature(petition)


def leave(_petition, number):
    erase_signatures(list(nth(Signature.objects.all(), number)), now=NOW)


def take_out(_petition, number):
    chosen = Signature.objects.filter(pk__in=nth(Signature.objects.counted(), number))
    hold(chosen, why=Hold.Why.OTHER, reason="It looks like a script.", by=None)


def let_back(_petition, number):
    held = Signature.objects.filter(hold__isnull=False)
    release(Signature.objects.filter(pk__in=nth(held, number)))


def close(petition, _number):
    close_batch(petition, now=NOW)


def begin_to_send(_petition, _number):
    Delivery.objects.filter(batch__head__isnull=False).update(state=Delivery.State.SENT, tries=1)


def publish_now(petition, _number):
    publish(petition)


DOING = [sign, leave, take_out, let_back, close, begin_to_send, publish_now]
STORIES = st.lists(st.tuples(st.sampled_from(DOING), st.integers(0, 9)), max_size=25)


@effort(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.integers(0, 4), STORIES)
def test_the_count_follows_from_the_log(keys, signers, story):
    with transaction.atomic():
        petition = make_petition()
        make_office(petition)
        for _ in range(signers):
            make_signature(petition)
        for do, number in story:
            do(petition, number)
            if Log.objects.exists():
                assert_whole(Log.objects.get())
        publish_batches()
        head = publish(petition)

        assert_whole(head.log)
        counted = Signature.objects.counted().count()
        assert replay(head.log).counted == head.counted == counted
        assert Tally.objects.by_petition().get(petition.pk, 0) == counted
        assert Signature.objects.counted().filter(leaf=None).count() == 0
        transaction.set_rollback(True)
