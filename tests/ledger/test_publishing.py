"""When the log is published, in which order, and what two processes that do it at once leave."""

import threading
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from five_asks_verify.checkpoint import key_of, open_note
from five_asks_verify.entries import BatchClosed
from five_asks_verify.merkle import leaf_hash
from petitions import tasks
from petitions.delivery.batches import close_batch
from petitions.ledger.publish import (
    ENOUGH,
    enough_waits,
    publish,
    publish_batches,
    publish_due,
)
from petitions.models import Batch, Head, Hold, Leaf, Log, LogEntry, Signature, Tally
from petitions.signatures.holds import hold, release
from petitions.signatures.withdraw import erase_signatures
from petitions.vault import private_log_key
from tests.at_once import at_once
from tests.ledger.replayed import assert_whole, replay
from tests.makers import make_office, make_petition, make_signature

NOW = timezone.now()
WHY = {"why": Hold.Why.OTHER, "reason": "It looks like a script.", "by": None}


@pytest.fixture
def petition(keys):
    return make_petition()


def sign(petition, count):
    return [make_signature(petition) for _ in range(count)]


def leave(signature):
    """As `withdraw` does it once it knows whose link it was."""
    with transaction.atomic():
        locked = Signature.objects.select_for_update(of=("self",)).filter(pk=signature.pk)
        erase_signatures(list(locked), now=NOW)


# --- When


@pytest.mark.django_db
def test_nothing_is_published_before_twenty_wait(petition):
    signers = sign(petition, ENOUGH - 1)

    assert publish_due() == []
    assert not Log.objects.exists()
    signers += sign(petition, 1)
    (outcome,) = publish_due()

    assert (outcome.head.size, outcome.head.counted) == (ENOUGH, ENOUGH)
    for signature in signers[:10]:
        leave(signature)
    sign(petition, 9)
    assert publish_due() == []
    sign(petition, 1)
    assert publish_due()[0].head.size == ENOUGH + 10 + 10
    assert_whole(Log.objects.get())


@pytest.mark.django_db
def test_a_closed_batch_is_published_whatever_waits_and_others_wait_on(petition):
    other = make_petition(2)
    sign(petition, 3)
    sign(other, 3)

    batch = close_batch(petition, now=NOW)

    batch.refresh_from_db()
    assert (batch.head.size, batch.head.counted, batch.places) == (4, 3, "0-2")
    assert replay(batch.head.log).batches == {1: BatchClosed.of(1, (range(3),))}
    assert not Log.objects.filter(petition=other).exists()


@pytest.mark.django_db
def test_a_head_is_signed_and_stays_when_nothing_new_comes(petition, keys):
    sign(petition, 3)

    head = publish(petition)

    key = key_of(head.log.origin, private_log_key(keys))
    point = open_note(head.note, key)
    assert (point.size, point.root) == (head.size, bytes(head.root))
    assert publish(petition) == head
    assert Head.objects.count() == 1


@pytest.mark.django_db
def test_who_is_held_before_they_are_published_leaves_no_trace(petition):
    ann, bea, _ = sign(petition, 3)
    hold(Signature.objects.filter(pk__in=[ann.pk, bea.pk]), **WHY)

    head = publish(petition)

    assert (head.size, head.counted) == (1, 1)
    leave(ann)
    release(Signature.objects.filter(pk=bea.pk))
    assert publish(petition).size == 2
    assert not LogEntry.objects.exists()
    assert_whole(head.log)


@pytest.mark.django_db
def test_the_ticks_publish(petition):
    sign(petition, ENOUGH)

    tasks.publish_ledger()

    assert Head.objects.get().size == ENOUGH
    Batch.objects.create(petition=petition, number=1, size=0, closed_at=NOW)
    tasks.publish_batches()
    assert Batch.objects.get().head.size == ENOUGH + 1


# --- In which order


@pytest.mark.django_db
def test_places_follow_hashes_and_not_the_hours_or_the_order_of_signing(petition):
    signers = sign(petition, 40)
    for hours, signature in enumerate(signers):
        signature.confirmed_hour = NOW - timedelta(hours=40 - hours)
        signature.save(update_fields=["confirmed_hour"])

    publish(petition)

    leaves = list(Leaf.objects.order_by("place"))
    hashes = [leaf_hash(bytes(leaf.secret)) for leaf in leaves]
    assert hashes == sorted(hashes)
    assert [leaf.place for leaf in leaves] == list(range(40))
    order = [leaf.signature_id for leaf in leaves]
    signed = [signature.pk for signature in signers]
    # Each would come about by chance once in 40!.
    assert order != signed
    assert order != signed[::-1]
    assert order != sorted(signed)
    more = sign(petition, 5)
    publish(petition)
    assert {each.leaf.place for each in more} == set(range(40, 45))


# --- At once


@pytest.mark.django_db(transaction=True)
def test_two_that_publish_at_once_publish_once(petition):
    signers = sign(petition, 30)

    raised = at_once(*[lambda: publish(petition)] * 4)

    assert raised == []
    assert [head.size for head in Head.objects.all()] == [30]
    assert Leaf.objects.count() == len(signers)
    assert_whole(Log.objects.get())


@pytest.mark.django_db(transaction=True)
def test_leaving_and_publishing_at_once_leave_the_log_at_the_tally(petition, show):
    signers = sign(petition, 60)
    publish(petition)
    new = sign(petition, 60)
    leaving = [each for pair in zip(signers[::3], new[::3], strict=True) for each in pair]

    def some_leave(which):
        for signature in which:
            leave(signature)

    raised = at_once(
        *[lambda which=leaving[at::4]: some_leave(which) for at in range(4)],
        *[lambda: [publish(petition) for _ in range(5)]] * 2,
    )

    assert raised == []
    between = Head.objects.count()
    head = publish(petition)
    show(f"{len(leaving)} leave while {between} heads are signed: {head.counted} counted")
    assert head.counted == Tally.objects.by_petition()[petition.pk] == 120 - len(leaving)
    assert_whole(head.log)


@pytest.mark.django_db(transaction=True)
def test_holding_and_publishing_at_once_leave_the_log_at_the_tally(petition):
    make_office(petition)
    signers = sign(petition, 60)
    close_batch(petition, now=NOW)
    signers += sign(petition, 60)

    def hold_and_release(which):
        chosen = Signature.objects.filter(pk__in=[each.pk for each in which])
        hold(chosen, **WHY)
        release(chosen.filter(pk__in=[each.pk for each in which[::2]]))

    raised = at_once(
        *[lambda which=signers[at::4]: hold_and_release(which[:20]) for at in range(4)],
        *[lambda: [publish(petition) for _ in range(5)]] * 2,
        *[lambda: [publish_batches() for _ in range(5)]] * 2,
    )

    assert raised == []
    head = publish(petition)
    assert head.counted == Tally.objects.by_petition()[petition.pk] == 120 - 40
    publish_batches()
    assert_whole(head.log)


@pytest.mark.django_db(transaction=True)
def test_who_only_changes_a_wish_at_that_moment_is_not_left_out_of_their_batch(petition):
    make_office(petition)
    ann, _ = sign(petition, 2)
    batch = Batch.objects.create(petition=petition, number=1, size=2, closed_at=NOW)
    Signature.objects.update(batch=batch)
    publishing = threading.Thread(target=lambda: at_once(publish_batches))

    with transaction.atomic():
        # As ending news does.
        Signature.objects.select_for_update(of=("self",)).get(pk=ann.pk)
        publishing.start()
        publishing.join(timeout=0.5)
        assert publishing.is_alive()
    publishing.join(timeout=10)

    batch.refresh_from_db()
    assert (batch.places, batch.size) == ("0-1", 2)
    assert not enough_waits(petition)
    assert_whole(batch.head.log)
