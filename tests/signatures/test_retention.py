"""Time erases: marks 30 days after the end, details a month after the last letter or at 21 months."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.delivery.content import open_batch
from petitions.models import (
    Delivery,
    Erasure,
    FileSet,
    Petition,
    Signature,
    SignRequest,
    Tally,
    Visibility,
)
from petitions.models.clock import add_months
from petitions.signatures import retention
from petitions.signatures.calendar import calendar, restricted_signatures
from petitions.signatures.erase import erase_what_is_due
from petitions.signatures.retention import erase_what_was_kept
from petitions.signatures.withdraw import withdraw
from tests.admin.test_find_a_person import rows_with
from tests.makers import make_office, make_petition, make_signature, make_wish

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = timedelta(days=1)
Rule = Erasure.Rule


def end(petition, *, at, state=Petition.State.CLOSED):
    Petition.objects.filter(pk=petition.pk).update(state=state, closed_at=at)


def age(signature, *, months):
    hour = add_months(NOW, -months)
    Signature.objects.filter(pk=signature.pk).update(confirmed_hour=hour)


def settle(state=Delivery.State.SENT, *, at):
    Delivery.objects.update(state=state, sent_at=at if state == Delivery.State.SENT else None)


def line(rule):
    return next(each for each in calendar() if each.rule == rule)


def erased(rule):
    return sum(each.count for each in Erasure.objects.filter(rule=rule))


# --- Marks


@pytest.mark.parametrize("state", [Petition.State.CLOSED, Petition.State.WON])
def test_marks_of_addresses_go_thirty_days_after_the_end(keys, state):
    ended, running = make_petition(1), make_petition(2)
    end(ended, at=NOW, state=state)
    make_signature(ended)
    make_signature(running)

    erase_what_was_kept(now=NOW + 30 * DAY - timedelta(seconds=1))
    assert Signature.objects.filter(index=None).count() == 0

    erase_what_was_kept(now=NOW + 30 * DAY)
    gone = Signature.objects.get(index=None)
    assert (gone.petition, gone.look_alike) == (ended, None)
    assert Tally.objects.by_petition() == {ended.pk: 1, running.pk: 1}
    assert erased(Rule.MARKS) == 1


def test_who_signed_can_leave_after_the_marks_and_the_details_are_gone(sign):
    petition = make_petition()
    token, _offers = sign(petition)
    end(petition, at=NOW - 40 * DAY)
    age(Signature.objects.get(), months=22)

    erase_what_was_kept(now=NOW)

    left = Signature.objects.get()
    assert (left.index, left.sig_box) == (None, None)
    assert withdraw(token, now=NOW).petitions == [petition]
    assert Tally.objects.by_petition() == {petition.pk: 0}


def test_a_petition_can_be_opened_again_while_its_signers_are_known_and_not_after(db):
    petition = make_petition()
    end(petition, at=timezone.now() - 29 * DAY)
    petition.refresh_from_db()
    petition.state = Petition.State.OPEN
    petition.full_clean()

    end(petition, at=timezone.now() - 30 * DAY)

    with pytest.raises(ValidationError, match="sign twice"):
        petition.full_clean()


def test_who_opens_it_again_in_time_stops_the_erasing(keys):
    petition = make_petition()
    make_signature(petition)
    end(petition, at=NOW - 29 * DAY)
    petition.refresh_from_db()
    petition.state = Petition.State.OPEN
    petition.save()

    erase_what_was_kept(now=NOW + 30 * DAY)

    assert Signature.objects.get().index is not None


# --- Details


def test_details_go_a_month_after_the_last_letter_arrived(keys):
    petition = make_petition()
    make_office(petition)
    make_signature(petition, name="Ann Canary", visibility=Visibility.PUBLIC)
    Signature.objects.update(public_name="Ann Canary")
    batch = close_batch(petition, now=NOW)
    end(petition, at=NOW - 90 * DAY)
    settle(at=NOW)

    erase_what_was_kept(now=add_months(NOW, 1) - timedelta(seconds=1))
    assert Signature.objects.get().open_details().name == "Ann Canary"

    erase_what_was_kept(now=add_months(NOW, 1))
    gone = Signature.objects.get()
    assert (gone.sig_box, gone.public_name, gone.details_are_erased) == (None, "", True)
    assert rows_with("canary") == 0
    content = open_batch(batch)
    assert (content.size, content.signers) == (1, [])


@pytest.mark.parametrize("state", [Delivery.State.READY, Delivery.State.UNCERTAIN])
def test_details_wait_while_a_letter_is_on_its_way(keys, state):
    petition = make_petition()
    make_office(petition)
    make_signature(petition)
    close_batch(petition, now=NOW)
    end(petition, at=NOW - 90 * DAY)
    Delivery.objects.update(state=state)

    erase_what_was_kept(now=NOW + 300 * DAY)

    assert Signature.objects.get().sig_box is not None
    Delivery.objects.move(state=Delivery.State.FAILED)
    erase_what_was_kept(now=NOW + 30 * DAY)
    assert Signature.objects.get().sig_box is not None
    erase_what_was_kept(now=NOW + 32 * DAY)
    assert Signature.objects.get().sig_box is None


def test_details_wait_for_the_letter_that_will_carry_them(keys):
    petition = make_petition(state=Petition.State.CLOSED)
    make_signature(petition)
    end(petition, at=NOW - 90 * DAY)

    erase_what_was_kept(now=NOW)

    assert Signature.objects.get().sig_box is not None


def test_details_of_a_running_petition_go_after_21_months(keys):
    petition = make_petition()
    old, young = make_signature(petition), make_signature(petition)
    age(old, months=21)
    age(young, months=20)

    erase_what_was_kept(now=NOW)

    assert Signature.objects.filter(sig_box=None).get() == old
    assert Tally.objects.by_petition() == {petition.pk: 2}


def test_files_that_hold_them_go_with_them(keys):
    petition = make_petition()
    make_office(petition)
    signature = make_signature(petition)
    batch = close_batch(petition, now=NOW)
    age(signature, months=22)
    FileSet.objects.create(batch=batch, language="en", manifest=[], key_box=b"", made_at=NOW)

    erase_what_was_kept(now=NOW)

    assert not FileSet.objects.exists()


def test_who_asked_for_restriction_keeps_everything_until_it_ends(keys):
    petition = make_petition()
    signature = make_signature(petition)
    age(signature, months=30)
    end(petition, at=NOW - 60 * DAY)
    Signature.objects.update(restricted=True)

    erase_what_was_kept(now=NOW)

    kept = Signature.objects.get()
    assert None not in {kept.sig_box, kept.index}
    assert restricted_signatures() == 1
    assert (line(Rule.DETAILS).count, line(Rule.MARKS).count) == (0, 0)
    Signature.objects.update(restricted=False)
    erase_what_was_kept(now=NOW)
    assert Signature.objects.get(sig_box=None, index=None)


def test_it_goes_by_some_at_a_time_and_twice_does_nothing(keys, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    petition = make_petition()
    for _each in range(5):
        age(make_signature(petition), months=22)

    erase_what_was_kept(now=NOW)
    erase_what_was_kept(now=NOW)

    assert Signature.objects.filter(sig_box=None).count() == 5
    assert erased(Rule.DETAILS) == 5


# --- The calendar


def test_the_calendar_says_what_the_tick_then_erases(keys):
    one, two = make_petition(1), make_petition(2)
    make_office(one)
    for months in (1, 2, 2, 19):
        age(make_signature(one), months=months)
    for months in (3, 5):
        age(make_signature(two), months=months)
    close_batch(one, now=NOW)
    settle(at=NOW)
    end(one, at=NOW - DAY)
    for rule in (Rule.MARKS, Rule.DETAILS):
        before = line(rule)
        assert before.count == sum(day.count for day in before.days) + sum(
            count for _petition, count in before.open_end
        )

    marks, details = line(Rule.MARKS), line(Rule.DETAILS)
    assert [(day.count, day.petition, day.by_month) for day in marks.days] == [(4, one, False)]
    assert marks.open_end == [(two, 2)]
    exact = [day for day in details.days if not day.by_month]
    assert [(day.at, day.count) for day in exact] == [(add_months(NOW, 1), 4)]
    assert sum(day.count for day in details.days if day.petition == two) == 2

    done = 0
    for day in details.days:
        end_of_it = add_months(day.at, 1) if day.by_month else day.at
        erase_what_was_kept(now=end_of_it)
        done += day.count
        assert erased(Rule.DETAILS) == done
    assert erased(Rule.MARKS) == 4
    assert line(Rule.DETAILS).count == 0
    assert line(Rule.DETAILS).last.count > 0


def test_what_lives_for_hours_stands_in_it_by_day(ask):
    hour = datetime(2026, 11, 25, 10, tzinfo=UTC)
    ask(make_wish(make_petition()), now=hour)

    (day,) = line(Rule.REQUESTS).days
    assert (day.at, day.count) == (datetime(2026, 11, 28, tzinfo=UTC), 1)

    erase_what_is_due(now=hour + timedelta(hours=72))
    assert line(Rule.REQUESTS).days == []
    assert erased(Rule.REQUESTS) == 1
    assert not SignRequest.objects.exists()


@pytest.mark.parametrize(
    ("moment", "months", "expected"),
    [
        (datetime(2026, 1, 31, tzinfo=UTC), 1, datetime(2026, 2, 28, tzinfo=UTC)),
        (datetime(2026, 12, 15, tzinfo=UTC), 1, datetime(2027, 1, 15, tzinfo=UTC)),
        (datetime(2026, 12, 31, tzinfo=UTC), -21, datetime(2025, 3, 31, tzinfo=UTC)),
        (datetime(2027, 11, 30, tzinfo=UTC), 3, datetime(2028, 2, 29, tzinfo=UTC)),
    ],
)
def test_months_are_counted_as_the_calendar_does(moment, months, expected):
    assert add_months(moment, months) == expected
