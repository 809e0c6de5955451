"""When a letter goes: days and numbers, office hours, an organizer's word, and pauses."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib import import_module
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from petitions import tasks
from petitions.delivery import claims
from petitions.delivery.batches import close_batch, close_scheduled_batches
from petitions.delivery.hours import next_open_moment
from petitions.delivery.preview import preview
from petitions.delivery.queue import send_letters
from petitions.models import AuditEntry, Batch, Delivery, Pause, Petition
from tests.delivery.claiming import claim_one, commit, go_on_with
from tests.makers import make_office, make_petition, make_signature

pytestmark = pytest.mark.django_db(transaction=True)
State = Delivery.State


def pause(**of):
    olga, _ = User.objects.get_or_create(username="olga")
    return Pause.objects.create(reason="The minister resigned.", by=olga, **of)


def pauses_of(delivery):
    return [{}, {"petition": delivery.batch.petition}, {"office": delivery.office}]


def a_zone_that_sleeps():
    """One in which no office works now: they lie so far apart that not all can be open."""
    now = timezone.now()
    soon = timedelta(minutes=10)
    zones = ["Etc/GMT+11", "Etc/GMT+6", "Etc/GMT+1", "Etc/GMT-4", "Etc/GMT-9", "Etc/GMT-14"]
    return next(zone for zone in zones if next_open_moment(zone, now) > now + soon)


def deliver(*arguments):
    out = StringIO()
    call_command("deliver", *arguments, stdout=out)
    return out.getvalue()


# --- Days and numbers


def test_a_batch_closes_as_soon_as_enough_signatures_wait(keys):
    petition = make_petition(enough=3)
    for _ in range(2):
        make_signature(petition)
    assert close_scheduled_batches(now=timezone.now()) == []

    make_signature(petition)
    (batch,) = close_scheduled_batches(now=timezone.now())

    assert batch.size == 3


def test_a_batch_closes_after_its_days_where_too_few_sign(keys):
    petition = make_petition(enough=3, days_open=8)
    make_signature(petition)

    (batch,) = close_scheduled_batches(now=timezone.now())

    assert batch.size == 1


def test_the_database_takes_no_batch_of_every_zero_signatures():
    with pytest.raises(IntegrityError), transaction.atomic():
        make_petition(enough=0)


def in_threads(work, times):
    def closing_after_it(_):
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(closing_after_it, range(times)))


def test_two_beats_at_once_close_one_batch(keys):
    petition = make_petition(enough=3)
    make_office(petition)
    for _ in range(5):
        make_signature(petition)

    closed = in_threads(lambda: close_scheduled_batches(now=timezone.now()), 4)

    assert sorted(len(batches) for batches in closed) == [0, 0, 0, 1]
    assert Batch.objects.get().size == 5
    assert Delivery.objects.count() == 1


def test_the_beat_that_comes_second_leaves_who_signed_meanwhile_to_the_next_letter(keys):
    petition = make_petition(enough=2)
    for _ in range(2):
        make_signature(petition)
    close_batch(petition, now=timezone.now(), scheduled=True)
    make_signature(petition)

    # It had found the batch due before the first one closed it.
    assert close_batch(petition, now=timezone.now(), scheduled=True) is None


# --- Office hours


@pytest.mark.parametrize(
    ("zone", "now", "opens"),
    [
        ("Europe/Vilnius", "2026-11-24T05:59", "2026-11-24T06:00"),
        ("Europe/Vilnius", "2026-11-24T06:00", "2026-11-24T06:00"),
        ("Europe/Vilnius", "2026-11-24T15:59", "2026-11-24T15:59"),
        ("Europe/Vilnius", "2026-11-24T16:00", "2026-11-25T06:00"),
        ("Europe/Vilnius", "2026-11-27T16:00", "2026-11-30T06:00"),
        ("Europe/Vilnius", "2026-11-28T10:00", "2026-11-30T06:00"),
        ("Asia/Seoul", "2026-11-29T22:00", "2026-11-29T23:00"),
        # The weekends on which clocks change: Friday evening to Monday morning.
        ("Europe/Berlin", "2026-03-27T17:00", "2026-03-30T06:00"),
        ("Europe/Berlin", "2026-10-23T16:00", "2026-10-26T07:00"),
        ("America/New_York", "2026-10-30T22:00", "2026-11-02T13:00"),
        ("", "2026-11-28T02:00", "2026-11-28T02:00"),
    ],
)
def test_an_office_opens_from_monday_to_friday_at_eight_of_its_own_clock(zone, now, opens):
    now = datetime.fromisoformat(now).replace(tzinfo=UTC)

    assert next_open_moment(zone, now) == datetime.fromisoformat(opens).replace(tzinfo=UTC)


def test_an_office_has_a_time_zone_that_exists():
    office = make_office(make_petition())
    for name in ("Europe/Vilnius", "UTC", ""):
        office.time_zone = name
        office.full_clean()

    for name in ("Europe/Wilna", "../etc/passwd", "CEST"):
        office.time_zone = name
        with pytest.raises(ValidationError, match="There is no time zone"):
            office.full_clean()


def test_a_batch_that_closes_at_night_is_due_in_the_morning(keys):
    petition = make_petition()
    make_office(petition, time_zone="Europe/Vilnius")
    make_signature(petition)

    close_batch(petition, now=datetime(2026, 11, 27, 20, tzinfo=UTC))

    assert Delivery.objects.get().due_at == datetime(2026, 11, 30, 6, tzinfo=UTC)


def test_what_comes_up_at_night_waits_for_the_morning_with_all_of_its_time_zone(due, mailbox):
    asleep = a_zone_that_sleeps()
    petition = due.batch.petition
    petition.offices.update(time_zone=asleep)
    make_office(petition, name="Second", time_zone=asleep)
    make_office(petition, name="Awake")
    make_signature(petition)
    close_batch(petition, now=timezone.now() - timedelta(days=14))
    Delivery.objects.update(due_at=timezone.now() - timedelta(minutes=1), waits_for_hours=False)

    tasks.send_letters()

    sent = Delivery.objects.get(state=State.SENT)
    assert sent.office.name == "Awake"
    waiting = Delivery.objects.filter(state=State.READY)
    opens_at = next_open_moment(asleep, timezone.now())
    assert {(each.due_at, each.tries) for each in waiting} == {(opens_at, 0)}
    assert waiting.count() == 3
    assert len(mailbox) == 1


def test_by_hand_letters_go_at_night_too_but_not_before_a_pause_after_a_fault_is_over(due, mailbox):
    type(due.office).objects.update(time_zone=a_zone_that_sleeps())
    hour = timedelta(hours=1)
    Delivery.objects.update(due_at=timezone.now() + hour, waits_for_hours=False)
    deliver()
    assert len(mailbox) == 0

    Delivery.objects.update(due_at=timezone.now() - hour)
    tasks.send_letters()
    assert len(mailbox) == 0
    deliver("--scheduled")
    assert len(mailbox) == 0
    deliver()

    assert len(mailbox) == 1


# --- An organizer's word


def test_no_letter_goes_before_the_first_is_approved(keys, mailbox):
    petition = make_petition(approved=False, days_open=8)
    make_office(petition)
    make_signature(petition)

    assert close_scheduled_batches(now=timezone.now()) == []
    words = deliver()
    assert "ask-1: nothing is sent before an organizer has read its letter" in words
    close_batch(petition, now=timezone.now())
    assert send_letters(at_any_hour=True) == 0
    assert len(mailbox) == 0

    words = deliver("--approve")

    assert "Approved the letters of ask-1." in words
    assert len(mailbox) == 1
    assert "Approved" not in deliver("--approve")
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.action, entry.selection) == ("the command line", "approve", "ask-1")


def test_an_approval_is_not_taken_over_by_a_later_one(keys):
    petition = make_petition(approved=False)
    olga = User.objects.create(username="olga")

    assert petition.approve_letters(by=olga, now=timezone.now())
    assert not petition.approve_letters(by=None, now=timezone.now())

    assert Petition.objects.get().letters_approved_by == olga


# --- Pauses


@pytest.mark.parametrize("which", range(3), ids=["everything", "petition", "office"])
def test_a_paused_letter_is_claimed_by_nobody_until_it_is_resumed(due, mailbox, which):
    held = pause(**pauses_of(due)[which])

    assert claim_one(at_any_hour=True) is None
    assert "Paused: " in deliver()
    assert len(mailbox) == 0

    held.delete()
    assert send_letters() == 1


def test_a_pause_of_another_petition_and_office_holds_nothing_back(due, mailbox):
    other = make_petition(2)
    pause(petition=other)
    pause(office=make_office(other, name="Other"))

    assert send_letters() == 1


@pytest.mark.parametrize("which", range(3), ids=["everything", "petition", "office"])
def test_a_worker_in_the_middle_stops_before_the_letter(due, mailbox, which):
    delivery = claim_one()
    held = pause(**pauses_of(due)[which])

    assert go_on_with(delivery) == 0

    due.refresh_from_db()
    assert (due.state, due.lease_until) == (State.READY, None)
    assert len(mailbox) == 0
    held.delete()
    assert send_letters() == 1


def test_what_is_being_handed_over_is_finished_in_spite_of_a_pause(due, mailbox):
    delivery = claim_one()
    assert commit(delivery)
    pause()

    claims.settle_sent([(delivery, "250 OK")])

    due.refresh_from_db()
    assert due.state == State.SENT


def test_a_worker_that_lost_its_lease_to_another_gives_nothing_back(due):
    sleeper = claim_one()
    Delivery.objects.update(fence=sleeper.fence + 1)
    pause()

    assert not commit(sleeper)

    due.refresh_from_db()
    assert due.state == State.SENDING


def test_a_lease_that_ends_while_the_worker_commits_is_lost(due):
    """Its UPDATE waits for the sweeper's, and must look at the row again."""
    delivery = claim_one()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Delivery.objects.update(state=State.READY, fence=delivery.fence + 1)
            committing = pool.submit(commit_and_close, delivery)
            wait_for_a_blocked_query()

        assert committing.result(timeout=10) == "lost"
    due.refresh_from_db()
    assert due.state == State.READY


def commit_and_close(delivery):
    try:
        return "committed" if commit(delivery) else "lost"
    finally:
        connection.close()


def wait_for_a_blocked_query():
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    ends_at = timezone.now() + timedelta(seconds=10)
    with connection.cursor() as cursor:
        while timezone.now() < ends_at:
            # Inside a transaction its picture is kept until it is thrown away.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            if cursor.execute(blocked).fetchone()[0]:
                return
    pytest.fail("Nothing waited for the row.")


def test_however_pauses_and_claims_race_a_pause_that_came_first_wins(keys):
    """Each claimer takes until nothing is left; what was not committed before the pause stays."""
    petition = make_petition()
    for number in range(40):
        make_office(petition, name=f"Minister {number}")
    make_signature(petition)
    close_batch(petition, now=timezone.now())

    def take_all():
        taken = 0
        while (delivery := claim_one()) is not None:
            if not commit(delivery):
                continue
            taken += 1
            if taken == 5:
                Pause.objects.filter(petition=petition).exists() or pause_once(petition)
        return taken

    taken = sum(in_threads(take_all, 3))

    states = [each.state for each in Delivery.objects.all()]
    assert states.count(State.COMMITTING) == taken
    assert states.count(State.READY) == 40 - taken
    assert 5 <= taken < 40


def pause_once(petition):
    try:
        pause(petition=petition)
    except IntegrityError:
        assert Pause.objects.filter(petition=petition).exists()


def test_a_pause_is_of_one_thing_and_once(keys):
    petition = make_petition()
    office = make_office(petition)
    with pytest.raises(IntegrityError):
        pause(petition=petition, office=office)
    for of in ({}, {"petition": petition}, {"office": office}):
        pause(**of)
        with pytest.raises(IntegrityError):
            pause(**of)


def test_while_a_petition_is_paused_its_signatures_wait_for_one_letter(keys):
    petition = make_petition(days_open=30)
    make_signature(petition)
    held = pause(petition=petition)

    assert close_scheduled_batches(now=timezone.now()) == []
    held.delete()
    assert len(close_scheduled_batches(now=timezone.now())) == 1


# --- Who would receive what


def test_the_preview_says_of_each_office_what_it_gets_and_what_keeps_it_back(keys):
    now = datetime(2026, 11, 28, 12, tzinfo=UTC)
    ready = make_petition(1, days_open=400)
    new = make_petition(2, approved=False)
    young = make_petition(3)
    Petition.objects.filter(pk=young.pk).update(opened_at=now)
    quiet = make_petition(4)
    stopped = make_office(ready, name="Stopped")
    type(stopped).objects.filter(pk=stopped.pk).update(active=False)
    make_office(ready, name="Always open", language="de")
    make_office(ready, name="Closed", time_zone="Europe/Vilnius")
    pause(office=make_office(ready, name="Paused"))
    make_office(new, young, quiet, name="Minister")
    for petition in (ready, ready, new, young):
        make_signature(petition)

    lines = preview(now=now)

    assert {(each.petition.number, each.office.name): each.why_not for each in lines} == {
        (1, "Always open"): "",
        (1, "Closed"): "closed until 30 November 2026, 08:00 (Europe/Vilnius)",
        (1, "Paused"): "paused: The minister resigned.",
        (2, "Minister"): "an organizer must approve the first letter",
        (3, "Minister"): "the next letter is due: 5 December 2026, 12:00",
        (4, "Minister"): "nothing new",
    }
    assert {each.signatures for each in lines if each.petition == ready} == {2}
    by_hand = {
        (each.petition.number, each.office.name): each.why_not
        for each in preview(now=now, by_hand=True)
    }
    assert by_hand[1, "Closed"] == by_hand[3, "Minister"] == ""


def test_the_preview_tells_of_letters_that_are_on_their_way(due):
    petition, office = due.batch.petition, due.office
    office.petitions.remove(petition)
    (line,) = preview(now=timezone.now())
    assert (line.office, line.signatures, line.earlier, line.why_not) == (office, 0, 1, "")

    Delivery.objects.update(due_at=timezone.now() + timedelta(hours=1))
    (line,) = preview(now=timezone.now(), by_hand=True)
    assert line.why_not.startswith("the next letter is due: ")

    Delivery.objects.update(waits_for_hours=True)
    (line,) = preview(now=timezone.now(), by_hand=True)
    assert line.why_not == ""


def test_petitions_that_sent_letters_before_there_were_approvals_are_approved(due):
    other = make_petition(2, approved=False)
    Petition.objects.update(letters_approved_at=None)
    Delivery.objects.update(state=State.SENT)

    import_module("petitions.migrations.0011_cadence").approve_what_was_sent(apps, None)

    assert Petition.objects.get(letters_approved_at=None) == other


def test_a_dry_run_shows_the_preview_and_sends_nothing(keys, mailbox):
    petition = make_petition()
    make_office(petition)
    make_signature(petition)

    words = deliver("--dry-run")
    scheduled = deliver("--dry-run", "--scheduled")

    line = "ask-1 → Minister, Ministry (en): signatures: 1, earlier letters: 0, "
    assert words == f"{line}now.\n"
    assert scheduled.startswith(f"{line}the next letter is due: ")
    assert not Batch.objects.exists()
    assert len(mailbox) == 0
