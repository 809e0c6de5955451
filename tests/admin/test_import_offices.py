"""Offices go out as a sheet, are mended, and come back; and beside each stands what became of it."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import (
    AuditEntry,
    Delivery,
    Import,
    Office,
    OfficeAction,
    Returned,
    Signature,
)
from tests.makers import make_answer, make_office, make_petition, make_returned, make_signature

LIST = "/admin/petitions/office/"
URL = "/admin/petitions/import/offices/"
TITLES = "office;organisation;country;email;language;time_zone;asks;verified_on\r\n"


@pytest.fixture
def there(db):
    one, two = make_petition(1), make_petition(2)
    office = make_office(one, email="minister@one.example", time_zone="Europe/Vilnius")
    make_office(two, name="Speaker", email="speaker@two.example")
    return office


def checked(browser, lines, titles=TITLES):
    data = (titles + lines).encode("utf-8-sig")
    page = browser.post(URL, {"file": SimpleUploadedFile("x.csv", data)}, follow=True)
    assert page.redirect_chain, page.text
    return Import.objects.latest("at"), page


def say(browser, sheet, **said):
    return browser.post(f"/admin/petitions/import/{sheet.pk}/do/", said, follow=True)


def problems(page):
    return [(each.number, each.verdict, each.words) for each in page.context["report"].problems()]


def test_new_offices_are_added_and_what_differs_is_changed(organizer, there):
    sheet, page = checked(
        organizer,
        "Minister;Ministry;LT;new@one.example;lt;Europe/Vilnius;1;28.11.2025\r\n"
        "Speaker;Ministry;LT;speaker@two.example;en;;2;\r\n"
        "President;Presidency;Польша;president@pl.example;Polski;Europe/Warsaw;2;2025-11-01\r\n",
    )

    assert sheet.counts == {"new": 1, "changed": 1, "same": 1}
    changes = [(each.column, each.before, each.after) for each in page.context["report"].changes()]
    assert sorted(changes) == [
        ("email", "minister@one.example", "new@one.example"),
        ("language", "en", "lt"),
        ("verified on", "", "2025-11-28"),
    ]
    assert Office.objects.count() == 2

    say(organizer, sheet, changes="on")

    there.refresh_from_db()
    assert (there.email, there.language) == ("new@one.example", "lt")
    assert there.verified_on == date(2025, 11, 28)
    assert [each.number for each in there.petitions.all()] == [1]
    new = Office.objects.get(name="President")
    assert (new.country.code, new.language, new.time_zone) == ("PL", "pl", "Europe/Warsaw")
    assert [each.number for each in new.petitions.all()] == [2]
    assert AuditEntry.objects.latest("at").selection == "imported; offices"


def test_who_wants_new_ones_only_changes_nothing(organizer, there):
    sheet, _page = checked(
        organizer,
        "Minister;Ministry;LT;new@one.example;en;Europe/Vilnius;2;\r\n"
        "President;Presidency;PL;president@pl.example;pl;;2;\r\n",
    )

    say(organizer, sheet)

    there.refresh_from_db()
    assert there.email == "minister@one.example"
    assert [each.number for each in there.petitions.all()] == [1]
    assert Office.objects.count() == 3


def test_asks_are_changed_too(organizer, there):
    sheet, page = checked(
        organizer,
        "Minister;Ministry;LT;minister@one.example;en;Europe/Vilnius;2;1;\r\n".replace(
            "2;1;", '"2;1";'
        ),
    )
    (change,) = page.context["report"].changes()
    assert (change.before, change.after) == ("1", "1; 2")

    say(organizer, sheet, changes="on")

    assert [each.number for each in there.petitions.all()] == [1, 2]


def test_what_looks_like_a_slip_waits_for_a_tick(organizer, there):
    lines = (
        "Prime Minister;Chancellery;LT;MINISTER@one.example;en;;1;\r\n"
        "minister;MINISTRY;LT;other@one.example;en;;1;\r\n"
        "Deputy;Mínistry;LT;deputy@one.example;en;;1;\r\n"
        "Deputy;Mínistry;LT;deputy@one.example;en;;1;\r\n"
    )
    sheet, page = checked(organizer, lines)

    assert sheet.counts == {"doubtful": 3, "duplicate": 1}
    assert [words for _number, _verdict, words in problems(page)] == [
        "This is also the address of Minister, Ministry.",
        "It looks like Minister, Ministry, which is there already.",
        "Elsewhere this organisation is written “Ministry”.",
        "The same office stands in line 4.",
    ]
    say(organizer, sheet)
    assert Office.objects.count() == 2
    again, _page = checked(organizer, lines)
    say(organizer, again, doubtful="on")
    assert Office.objects.count() == 5


def test_each_bad_line_is_named(organizer, there):
    sheet, page = checked(
        organizer,
        ";Ministry;LT;a@b.example;en;;1;\r\n"
        "A;B;Atlantis;a@b.example;en;;1;\r\n"
        "A;B;LT;no address;en;;1;\r\n"
        "A;B;LT;a@b.example;tlh;;1;\r\n"
        "A;B;LT;a@b.example;en;Europe/Moon;1;\r\n"
        "A;B;LT;a@b.example;en;;7;\r\n"
        "A;B;LT;a@b.example;en;;1;last May\r\n"
        "A;B;LT;a@b.example;en;;1;2999-01-01\r\n"
        "=1+1;B;LT;a@b.example;en;;1;\r\n",
    )

    assert sheet.counts == {"bad": 9}
    columns = [each.column for each in page.context["report"].problems()]
    assert columns == [
        "office",
        "country",
        "email",
        "language",
        "time zone",
        "asks",
        "verified on",
        "verified on",
        "office",
    ]


def test_what_somebody_changed_meanwhile_is_left_alone(organizer, there):
    sheet, _page = checked(
        organizer, "Minister;Ministry;LT;new@one.example;en;Europe/Vilnius;1;\r\n"
    )
    Office.objects.filter(pk=there.pk).update(email="newest@one.example")

    done = say(organizer, sheet, changes="on")

    there.refresh_from_db()
    assert there.email == "newest@one.example"
    assert "1 line was left out" in done.text


def test_columns_that_are_missing_change_nothing(organizer, there):
    sheet, _page = checked(
        organizer,
        "Minister;Ministry;minister@one.example\r\n",
        titles="office;organisation;email\r\n",
    )

    assert sheet.counts == {"same": 1}


def test_what_goes_out_comes_back_unchanged(organizer, there):
    call_command("load_campaign")
    Office.objects.filter(pk=there.pk).update(verified_on=date(2026, 1, 2))
    out = organizer.get(f"{LIST}offices.csv").content.decode("utf-8-sig")

    sheet, _page = checked(organizer, out, titles="")

    assert sheet.counts == {"same": Office.objects.count()}
    assert "2026-01-02" in out


def test_loading_the_campaign_keeps_the_day_of_a_look(db):
    call_command("load_campaign")
    Office.objects.update(verified_on=date(2026, 1, 2))

    call_command("load_campaign", overwrite=True)

    assert set(Office.objects.values_list("verified_on", flat=True)) == {date(2026, 1, 2)}


def test_the_list_says_when_somebody_last_looked(organizer, there):
    today = timezone.localdate()
    old = make_office(name="Old", email="old@o.example")
    Office.objects.filter(pk=old.pk).update(verified_on=today - timedelta(days=200))

    ticked = {"action": "verified_today", "_selected_action": [there.pk]}
    organizer.post(LIST, ticked)

    there.refresh_from_db()
    assert there.verified_on == today
    names = {
        each: {
            office.name
            for office in organizer.get(LIST, {"verified": each}).context["cl"].result_list
        }
        for each in ("lately", "old", "never")
    }
    assert names == {"lately": {"Minister"}, "old": {"Old"}, "never": {"Speaker"}}


def test_beside_each_office_stands_what_became_of_its_letters(organizer, there):
    petition = there.petitions.get()
    for _each in range(2):
        make_signature(petition)
        close_batch(petition, now=timezone.now())
    Delivery.objects.update(state=Delivery.State.SENT, sent_at=timezone.now())
    delivery = Delivery.objects.first()
    make_returned(delivery, kind=Returned.Kind.HARD)
    make_returned(delivery, kind=Returned.Kind.SOFT)
    make_returned(delivery, kind=Returned.Kind.ANSWER)
    make_answer(delivery)
    OfficeAction.objects.create(
        delivery=delivery,
        kind=OfficeAction.Kind.CONFIRM,
        at=timezone.now(),
        outcome=OfficeAction.Outcome.NOTED,
    )

    page = organizer.get(LIST)

    row = next(each for each in page.context["cl"].result_list if each.pk == there.pk)
    found = (row.letters, row.bounces, row.answers, row.receipts, row.asks)
    assert found == (2, 2, 1, 1, 1)
    form = organizer.get(f"{LIST}{there.pk}/change/").text
    for words in ("2 sent, 0 failed", "undeliverable", "confirmed receipt"):
        assert words in form
    assert Signature.objects.count() == 2


def test_the_list_asks_as_often_for_many_offices_as_for_two(organizer, there):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            organizer.get(LIST)
        return len(asked)

    queries()
    few = queries()
    for n in range(20):
        make_office(*there.petitions.all(), name=f"Office {n}", email=f"o{n}@o.example")

    assert queries() == few


def test_who_may_only_look_exports_and_imports_nothing(helper, there):
    browser = helper()

    assert browser.get(f"{LIST}offices.csv").status_code == 200
    assert browser.get(URL).status_code == 403
    assert browser.get("/admin/petitions/import/offices/template.csv").status_code == 403
