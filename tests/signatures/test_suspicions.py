"""Hours and networks that bring more signatures than people do are marked, and nothing else."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from petitions.models import Hold, Signature, Suspicion, Visibility
from petitions.models.clock import this_hour
from petitions.signatures.erase import erase_what_is_due
from petitions.signatures.holds import hold
from petitions.signatures.suspicions import look_for_suspicions, settle
from tests.makers import make_petition

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(minute=30)
HOUR = timedelta(hours=1)


@pytest.fixture
def petition():
    return make_petition(days_open=15)


def sign(petition, count, *, hours_ago=0, **fields):
    Signature.objects.bulk_create(
        Signature(
            petition=petition,
            country="LT",
            visibility=Visibility.OFFICIALS,
            language="en",
            consent_version="1",
            confirmed_hour=this_hour(NOW) - hours_ago * HOUR,
            **fields,
        )
        for _ in range(count)
    )


def found():
    look_for_suspicions(now=NOW)
    rows = Suspicion.objects.open().order_by("kind", "hour")
    return [(each.kind, each.count, each.usual) for each in rows]


def test_a_burst_is_an_hour_of_ten_times_as_many_as_usual(petition):
    for hours_ago in range(1, 14 * 24):
        sign(petition, 6, hours_ago=hours_ago)
    sign(petition, 61)

    assert found() == [("burst", 61, 6)]
    assert set(Suspicion.objects.get().signatures) == set(
        Signature.objects.filter(confirmed_hour=this_hour(NOW))
    )


def test_ten_times_the_usual_is_none(petition):
    for hours_ago in range(1, 14 * 24):
        sign(petition, 6, hours_ago=hours_ago)
    sign(petition, 60)

    assert found() == []


def test_few_are_no_burst_however_quiet_the_petition_is(petition):
    sign(petition, 50)

    assert found() == []


def test_on_its_first_day_nobody_knows_what_is_usual():
    sign(make_petition(), 100)

    assert found() == []


def test_a_look_after_a_time_without_looks_finds_what_was_missed(petition):
    look_for_suspicions(now=NOW - 10 * HOUR)
    sign(petition, 70, hours_ago=5)

    assert found() == [("burst", 70, 0)]


def test_many_throw_away_addresses_in_an_hour_are_marked(petition):
    sign(petition, 30)
    sign(petition, 10, disposable=True)

    assert found() == [("throw_away", 10, None)]
    assert all(each.disposable for each in Suspicion.objects.get().signatures)


def test_a_fifth_of_throw_away_addresses_is_none(petition):
    sign(petition, 40)
    sign(petition, 10, disposable=True)

    assert found() == []


def test_a_crowd_is_marked_by_network(petition):
    sign(petition, 5, crowd=b"12345678")
    sign(petition, 4, crowd=b"87654321")

    assert found() == [("network", 5, None)]


def test_what_was_settled_stays_so_until_it_has_doubled(petition):
    olga = User.objects.create_superuser("olga")
    sign(petition, 60)
    assert found() == [("burst", 60, 0)]
    settle(Suspicion.objects.all(), by_id=olga.pk, now=NOW, minding=False)

    sign(petition, 60)
    assert found() == []
    sign(petition, 1)
    assert found() == [("burst", 121, 0)]


def test_what_was_held_is_not_marked_again(petition):
    sign(petition, 60)
    found()
    olga = User.objects.create_superuser("olga")
    suspicion = Suspicion.objects.get()
    hold(suspicion.signatures, why=Hold.Why.BURST, reason="A script.", by=olga)
    settle(Suspicion.objects.all(), by_id=olga.pk, now=NOW, minding=True)

    assert found() == []
    sign(petition, 51)
    assert found() == [("burst", 51, 0)]


def test_marks_of_crowds_and_suspicions_are_erased_after_thirty_days(petition):
    sign(petition, 6, crowd=b"12345678", hours_ago=30 * 24)
    sign(petition, 5, crowd=b"12345678", hours_ago=30 * 24 - 2)
    Suspicion.objects.create(
        kind="burst", petition=petition, hour=this_hour(NOW) - timedelta(days=30), count=1
    )

    erase_what_is_due(now=NOW)

    assert Signature.objects.filter(crowd__isnull=False).count() == 5
    assert Suspicion.objects.count() == 0
