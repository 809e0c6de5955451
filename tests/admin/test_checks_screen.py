"""Is everything all right? The page says what is wrong, since when, what it means and what to do."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from campaign.roles import Role
from petitions import tasks
from petitions.admin import health
from petitions.admin.checks import checks_of
from petitions.delivery.batches import close_batch
from petitions.models import (
    Batch,
    Delivery,
    Export,
    Heartbeat,
    MailboxLook,
    Signature,
    SignRequest,
    Visibility,
)
from petitions.models.clock import this_hour
from petitions.models.heartbeat import ALARM, FAULT, mark
from petitions.rights import apply_rights
from tests.admin.conftest import browser_of
from tests.makers import make_office, make_petition, make_signature

PAGE = "admin:petitions_checks"


def checks():
    now = timezone.now()
    return {each.name: each for each in checks_of(health.look(now=now), now=now)}


def wrong():
    return {name for name, check in checks().items() if check.wrong}


@pytest.fixture
def all_well(organizer):
    """A site whose workers have been seen and whose backup is of today."""
    make_petition()
    for tick in (
        tasks.send_confirmation_mails,
        tasks.send_letters,
        tasks.send_news,
        tasks.draw_pictures,
    ):
        tasks.note_that_it_ran(tick)
    call_command("backup_done", verbosity=0)
    assert wrong() == set()
    return organizer


def waits(**columns):
    return SignRequest.objects.create(
        token_hash=b"t" * 32,
        withdraw_hash=b"w" * 32,
        created_hour=this_hour(),
        language="en",
        country="LT",
        visibility=Visibility.WITHHELD,
        petition_ids=[1],
        **columns,
    )


def test_where_all_is_well_it_says_so(all_well):
    page = all_well.get(reverse(PAGE)).text

    assert "Yes: all that is looked at here is all right." in page
    assert "checks-wrong" not in page
    assert page.count("<details id=") == len(checks())


def test_what_is_wrong_comes_first_with_its_time_its_meaning_and_a_remedy(all_well):
    Heartbeat.objects.filter(name="backup").update(at=timezone.now() - timedelta(days=3))

    page = " ".join(all_well.get(reverse(PAGE)).text.split())

    assert "1 thing needs somebody" in page
    first = page[page.index('id="backup"') :]
    first = first[: first.index("</section>")]
    assert '<strong class="check-word">Wrong</strong>' in first
    for words in ("3 days", "Since ", "is lost for good", "manage.py backup_done"):
        assert words in first.replace("\xa0", " ")
    assert page.index('id="backup"') < page.index('id="letters"')


def test_a_red_line_of_the_first_page_leads_to_its_paragraph(all_well):
    Heartbeat.objects.filter(name="backup").update(at=timezone.now() - timedelta(days=3))

    (need,) = all_well.get(reverse("admin:index")).context["needs"]

    assert (need.words, need.url) == (
        "The last backup is older than a day",
        f"{reverse(PAGE)}#backup",
    )


def test_a_relay_that_takes_no_mail_is_seen_though_each_try_puts_the_mail_off(all_well):
    soon = timezone.now() + timedelta(minutes=20)
    request = waits(mail_due_at=soon, mail_tries=5)
    assert wrong() == set()

    SignRequest.objects.filter(pk=request.pk).update(mail_tries=6)

    assert wrong() == {"refused_mails"}


def test_a_tick_that_always_fails_is_seen_though_others_of_its_queue_go_on(all_well):
    tasks.note_that_it_ran(tasks.keep_journal)
    old = timezone.now() - timedelta(minutes=14)
    Heartbeat.objects.filter(name="keep_journal").update(at=old)

    assert wrong() == {"ticks"}
    assert checks()["ticks"].found == "journal of erasures"


def test_an_hourly_tick_is_not_missed_after_two_hours(all_well):
    tasks.note_that_it_ran(tasks.publish_ledger)
    ledger = Heartbeat.objects.filter(name="publish_ledger")
    ledger.update(at=timezone.now() - timedelta(hours=2, minutes=5))
    assert wrong() == set()

    ledger.update(at=timezone.now() - timedelta(hours=4))
    assert wrong() == {"ticks"}


@pytest.mark.parametrize(("kind", "check"), [(ALARM, "alarms"), (FAULT, "errors")])
def test_an_error_in_the_log_is_red_for_an_hour(all_well, kind, check):
    name = mark(kind, "petitions.signatures.confirmation_mail")
    Heartbeat.objects.beat(name)
    assert wrong() == {check}
    assert checks()[check].found == "petitions.signatures.confirmation_mail"

    Heartbeat.objects.filter(name=name).update(at=timezone.now() - timedelta(minutes=61))
    assert wrong() == set()


def test_letters_that_are_stuck_are_told_apart(all_well):
    petition = make_petition(2)
    make_office(petition)
    make_signature(petition)
    close_batch(petition, now=timezone.now())
    now = timezone.now()
    Batch.objects.update(head=None)
    assert checks()["public_log"].count == 1
    assert wrong() == set()

    Batch.objects.update(closed_at=now - timedelta(minutes=11))
    assert wrong() == {"public_log"}

    Delivery.objects.update(
        state=Delivery.State.UNCERTAIN, committed_at=now - timedelta(minutes=50)
    )
    assert wrong() == set()
    Delivery.objects.update(committed_at=now - timedelta(minutes=61))
    assert wrong() == {"uncertain_letters"}


def test_other_things_that_are_wrong_are_seen(all_well, keys):
    signature = make_signature(make_petition(2))
    Signature.objects.filter(pk=signature.pk).update(quarantined=True)
    now = timezone.now()
    MailboxLook.objects.create(failing_since=now - timedelta(hours=2))
    Export.objects.create(
        number=1,
        by=User.objects.get(username="olga"),
        ordered_at=now - timedelta(hours=1),
        state=Export.State.QUEUED,
        columns=[],
        selection={},
        rows_total=1,
    )
    (keys.directory / "signature" / "2026-11a.json").write_text('{"seed": "00"}')

    assert wrong() == {"damaged", "mailbox", "exports", "key_signature"}


def test_each_worker_has_a_check_of_its_own(all_well):
    Heartbeat.objects.filter(name="send_news").update(at=timezone.now() - timedelta(minutes=6))

    assert wrong() == {"worker_news"}
    assert {f"worker_{queue}" for queue in Role.ALL.queues} <= checks().keys()


def test_who_sees_the_first_page_sees_this_one_and_nobody_else(db, keys):
    apply_rights()
    make_petition()
    for number, group in enumerate(Group.objects.all()):
        user = User.objects.create_user(f"user-{number}", is_staff=True)
        user.groups.add(group)
        assert browser_of(user).get(reverse(PAGE)).status_code == 200, group
    stranger = User.objects.create_user("stranger", is_staff=True)
    assert browser_of(stranger).get(reverse(PAGE)).status_code == 403


def test_the_page_asks_the_database_as_often_for_three_petitions_as_for_one(
    all_well, django_assert_num_queries, django_assert_max_num_queries
):
    with django_assert_max_num_queries(60) as for_one:
        all_well.get(reverse(PAGE))
    make_petition(2)
    make_petition(3)

    with django_assert_num_queries(len(for_one)):
        all_well.get(reverse(PAGE))
