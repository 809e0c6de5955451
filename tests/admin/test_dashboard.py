"""The first page: its figures are what was signed, and each organizer sees what concerns them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from petitions import tasks
from petitions.admin.figures import share
from petitions.admin.health import months_since
from petitions.delivery.batches import close_batch
from petitions.models import (
    DayFigure,
    Delivery,
    Heartbeat,
    Partner,
    Signature,
    SignRequest,
    StepFigure,
    Visibility,
)
from petitions.models.clock import this_hour
from petitions.models.heartbeat import ALL_FIGURES, BACKUP
from petitions.models.step_figure import KEPT_FOR
from petitions.signatures.confirm import confirm
from petitions.signatures.figures import count_figures
from petitions.signatures.withdraw import withdraw
from tests.admin.conftest import browser_of
from tests.makers import (
    make_answer,
    make_office,
    make_petition,
    make_returned,
    make_signature,
    make_wish,
)


def overview(client, **query):
    return client.get(reverse("admin:index"), query).context


def lines(rows):
    return {line.words: (line.today, line.week, line.total) for line in rows}


def signed_days_ago(days, petition, **what):
    signature = make_signature(petition, **what)
    hour = this_hour() - timedelta(days=days)
    Signature.objects.filter(pk=signature.pk).update(confirmed_hour=hour)
    return signature


def needs(client):
    return {need.words: need.count for need in overview(client)["needs"]}


# --- Figures


def test_signing_and_leaving_are_in_the_figures_once_they_are_counted(organizer, ask):
    petition = make_petition()
    now = timezone.now()
    partner = Partner.objects.create(code="friends", name="Friends")
    mailing = ask(make_wish(petition, country="DE", language="de", partner_id=partner.pk), now=now)
    confirm(mailing.confirm_token, petition_ids=[petition.pk], now=now)
    count_figures(now=now)

    seen = overview(organizer)

    assert lines([seen["all"]]) == {"All petitions": (1, 1, 1)}
    assert lines(seen["countries"]) == {"Germany": (1, 1, 1)}
    breakdowns = dict(seen["breakdowns"])
    assert lines(breakdowns["Language"]) == {"Deutsch": (1, 1, 1)}
    assert lines(breakdowns["Partner"]) == {"Friends": (1, 1, 1)}
    assert seen["chart"].last[1] == 1

    withdraw(mailing.withdraw_token, now=now)
    assert overview(organizer)["all"].total == 0, "the tally is exact at once"
    count_figures(now=now)

    seen = overview(organizer)
    assert lines([seen["all"]]) == {"All petitions": (0, 0, 0)}
    assert seen["countries"] == []
    assert [rows for _words, rows in seen["breakdowns"]] == [[], []]
    assert not DayFigure.objects.exists()


def test_today_this_week_and_all_are_told_apart_and_so_are_petitions(organizer):
    one, two = make_petition(1), make_petition(2)
    signed_days_ago(0, one, country="LT")
    signed_days_ago(6, one, country="PL")
    signed_days_ago(7, two, country="PL")
    signed_days_ago(100, two, country="PL")
    count_figures(now=timezone.now())

    seen = overview(organizer)
    assert lines([seen["all"]]) == {"All petitions": (1, 2, 4)}
    assert [(each.line.today, each.line.week, each.line.total) for each in seen["standings"]] == [
        (1, 2, 2),
        (0, 0, 2),
    ]
    assert lines(seen["countries"]) == {"Poland": (0, 1, 3), "Lithuania": (1, 1, 1)}
    assert (seen["chart"].first[1], seen["chart"].last[1]) == (1, 4)

    seen = overview(organizer, petition=two.pk, chart="days")
    assert lines(seen["countries"]) == {"Poland": (0, 0, 2)}
    assert lines(dict(seen["breakdowns"])["Language"]) == {"English": (0, 0, 2)}
    assert sum(count for _day, count in seen["chart"].days) == 1


def test_a_petition_that_does_not_exist_is_as_if_none_was_chosen(organizer):
    make_petition()

    for nonsense in ("999999", "x", "' OR 1=1", "9" * 40):
        assert overview(organizer, petition=nonsense)["chosen"] is None


def test_countries_beyond_the_first_are_one_line(organizer):
    petition = make_petition()
    for country in [
        "LT",
        "LT",
        *["DE", "FR", "PL", "UA", "LV", "EE", "FI", "SE", "NO", "DK", "NL", "BE", "AT"],
    ]:
        make_signature(petition, country=country)

    seen = overview(organizer)

    assert len(seen["countries"]) == 12
    assert lines([seen["other_countries"]]) == {"2": (0, 0, 2)}


def test_older_days_are_right_again_when_all_are_counted(db, keys):
    petition = make_petition()
    old = signed_days_ago(20, petition)
    now = timezone.now()
    count_figures(now=now)
    old.delete()
    count_figures(now=now)
    assert DayFigure.objects.filter(by="all").get().count == 1

    Heartbeat.objects.filter(name=ALL_FIGURES).update(at=now - timedelta(hours=2))
    count_figures(now=now)

    assert not DayFigure.objects.exists()


def test_counting_twice_changes_nothing(db, keys):
    petition = make_petition()
    for days in (0, 0, 1, 30):
        signed_days_ago(days, petition)

    counted = []
    for _ in range(2):
        DayFigure.objects.count_anew()
        counted.append(list(DayFigure.objects.order_by("pk").values_list()))

    assert counted[0] == counted[1]
    assert sum(each.count for each in DayFigure.objects.filter(by="all")) == 4


def test_the_page_says_when_days_were_counted(organizer):
    make_petition()
    assert "Days have not been counted yet" in organizer.get(reverse("admin:index")).text

    tasks.count_figures()

    assert "Days were counted at" in organizer.get(reverse("admin:index")).text


def test_the_chart_is_told_in_words_and_as_a_table(organizer):
    petition = make_petition()
    for _ in range(3):
        make_signature(petition)
    count_figures(now=timezone.now())

    page = " ".join(organizer.get(reverse("admin:index"), {"chart": "days"}).text.split())

    assert "At most 3, on" in page
    assert page.count('<rect class="chart-bar"') == 90
    assert " style=" not in page[page.index("<figure") : page.index("</figure>")]
    table = page[page.index('class="chart-table"') :]
    assert table[: table.index("</table>")].count("<tr>") == 91


# --- Steps


def test_steps_show_shares_where_they_say_something(organizer):
    petition = make_petition()
    hour = this_hour()
    StepFigure.objects.add({(hour, petition.pk, "viewed"): 200, (hour, petition.pk, "asked"): 50})
    StepFigure.objects.add({(hour, petition.pk, "viewed"): 50, (hour, petition.pk, "confirmed"): 4})
    StepFigure.objects.add({(hour - timedelta(days=10), petition.pk, "viewed"): 1000})

    steps = overview(organizer)["steps"]

    assert [(each.today, each.week, each.month, each.share) for each in steps] == [
        (250, 250, 1250, None),
        (50, 50, 50, 4),
        (4, 4, 4, 8),
    ]


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [(10, 19, None), (101, 100, None), (10, 20, 50), (100, 100, 100), (0, 0, None), (0, 20, 0)],
)
def test_a_share_of_few_or_of_more_than_all_is_not_shown(part, whole, percent):
    assert share(part, of=whole) == percent


def test_steps_are_forgotten_after_21_months(db):
    petition = make_petition()
    now = timezone.now()
    young, old = this_hour(now), this_hour(now) - KEPT_FOR - timedelta(hours=1)
    StepFigure.objects.add({(young, petition.pk, "viewed"): 1, (old, petition.pk, "viewed"): 1})

    count_figures(now=now)

    assert StepFigure.objects.get().hour == young


# --- What needs a person


def test_where_all_is_well_nothing_needs_a_person(organizer):
    make_petition()
    one_of_each_queue = (
        tasks.send_confirmation_mails,
        tasks.send_letters,
        tasks.send_news,
        tasks.draw_pictures,
    )
    for tick in one_of_each_queue:
        tasks.note_that_it_ran(tick)
    call_command("backup_done", verbosity=0)

    page = organizer.get(reverse("admin:index"))

    assert page.context["needs"] == []
    assert "Nothing: all goes its way." in page.text


def test_each_thing_that_waits_has_a_line_that_leads_to_it(organizer):
    petition = make_petition(1, approved=False)
    make_office(petition)
    make_signature(petition, visibility=Visibility.PUBLIC)
    damaged = make_signature(petition)
    Signature.objects.filter(pk=damaged.pk).update(quarantined=True)
    close_batch(petition, now=timezone.now())
    Delivery.objects.update(state=Delivery.State.FAILED)

    found = {
        need.words: need
        for need in overview(organizer)["needs"]
        if need.url and "/checks/" not in need.url
    }

    assert {words: need.count for words, need in found.items()} == {
        "Letters that failed": 1,
        "Signatures whose sealed details do not open": 1,
        "Petitions whose letters go out only once somebody has read and approved them": 1,
        "Public names that nobody has looked at": 1,
    }
    for need in found.values():
        page = organizer.get(need.url).context
        assert (page["cl"].result_count if "cl" in page else page["total"]) == 1


def test_a_batch_that_nobody_closed_is_overdue_unless_its_letters_are_paused(organizer):
    petition = make_petition(1, days_open=8)
    words = "Batches that should have been closed"
    assert words not in needs(organizer), "nothing waits for it"
    make_signature(petition)

    assert needs(organizer)[words] == 1

    petition.pause_set.create(reason="We wait.", by_id=organizer.session["_auth_user_id"])
    assert words not in needs(organizer)


def test_a_worker_that_is_not_seen_needs_a_person(organizer):
    make_petition()
    words = "Mailer (confirmations): not seen for more than five minutes"
    assert words in needs(organizer)

    tasks.note_that_it_ran(tasks.send_confirmation_mails)
    assert words not in needs(organizer)

    Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=6))
    assert words in needs(organizer)


def test_a_tick_that_runs_often_writes_once_a_minute(db):
    tasks.note_that_it_ran(tasks.send_letters)
    first = Heartbeat.objects.get()

    with CaptureQueriesContext(connection) as queries:
        tasks.note_that_it_ran(tasks.send_letters)

    assert len(queries) == 1
    assert Heartbeat.objects.get().at == first.at


def test_a_backup_is_noted_and_missed_after_a_day(organizer):
    make_petition()
    assert "No backup has ever been noted" in needs(organizer)

    call_command("backup_done", verbosity=0)
    assert overview(organizer)["machines"].backup.late is False

    Heartbeat.objects.filter(name=BACKUP).update(at=timezone.now() - timedelta(hours=27))
    assert "The last backup is older than a day" in needs(organizer)


def test_an_old_key_and_a_missing_one_need_a_person(organizer, keys):
    make_petition()
    state = {key.words: key for key in overview(organizer)["machines"].keys}
    assert state["Key for signers’ details"].state == "It opens its canary here."

    (keys.directory / "mail" / "2026-11a.json").unlink()
    state = {key.words: key for key in overview(organizer)["machines"].keys}
    assert state["Key for addresses"].state == "Its private half lies elsewhere."

    (keys.directory / "signature" / "2026-11a.json").write_text('{"seed": "00"}')
    assert any("does not open its canary" in words for words in needs(organizer))


@pytest.mark.parametrize(
    ("epoch", "months"), [("2026-11a", 0), ("2026-10b", 1), ("2025-12a", 11), ("2025-11a", 12)]
)
def test_the_age_of_a_key_is_told_by_its_epoch(epoch, months):
    assert months_since(epoch, now=timezone.now().replace(year=2026, month=11)) == months


def test_mails_that_wait_too_long_need_a_person(organizer, keys):
    petition = make_petition()
    now = timezone.now()
    make_request(petition, mail_due_at=now)
    words = "Confirmation mails to be sent: it takes too long"
    assert words not in needs(organizer)

    SignRequest.objects.update(mail_due_at=now - timedelta(minutes=80))

    assert needs(organizer)[words] == 1


def make_request(petition, *, mail_due_at):
    return SignRequest.objects.create(
        token_hash=b"t" * 32,
        withdraw_hash=b"w" * 32,
        created_hour=this_hour(),
        language="en",
        country="LT",
        visibility=Visibility.WITHHELD,
        petition_ids=[petition.pk],
        mail_due_at=mail_due_at,
    )


# --- Letters


def test_letters_are_counted_by_what_became_of_them(organizer, sent):
    make_returned(sent, kind="hard")
    make_returned(sent, kind="hard")
    make_answer(sent)

    assert {words: count for words, count, _url in overview(organizer)["letters"]} == {
        "sent": 1,
        "bounced": 1,
        "answered": 1,
    }


# --- Who sees what


def test_who_may_see_nothing_is_told_nothing(client, sent, django_user_model):
    make_returned(sent)
    seen = overview(browser_of(django_user_model.objects.create_user("hanna", is_staff=True)))

    assert seen["needs"] == []
    for part in ("standings", "chart", "letters", "machines", "steps", "countries"):
        assert part not in seen


def test_a_helper_is_told_only_of_what_a_helper_can_see_to(helper, keys):
    make_signature(make_petition(), visibility=Visibility.PUBLIC)
    words = "Public names that nobody has looked at"
    hanna = helper()
    assert words not in needs(hanna)

    may_publish = Permission.objects.get(codename="publish_name")
    User.objects.get(username="hanna").user_permissions.add(may_publish)

    assert needs(hanna)[words] == 1
