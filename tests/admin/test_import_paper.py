"""Signatures from paper: checked first, then imported once, and taken back if need be."""

import re
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.imports import lines
from petitions.imports.sheet import MOST_BYTES
from petitions.models import (
    AuditEntry,
    Erasure,
    Import,
    Petition,
    Signature,
    Source,
    Tally,
    Visibility,
    Withdrawal,
)
from tests.makers import make_office, make_petition, make_signature

URL = "/admin/petitions/import/paper/"
LIST = "/admin/petitions/signature/"
SHEET = (
    "Name;Country;Postcode;Email;Visibility;Comment\r\n"
    "Quixotica Unforgettable;Lithuania;ZQ99 9QZ;xylophone.un@mail.example;public;Ünförgettable\r\n"
    "Bob Ray;DE;10115;;;\r\n"
    ";Польша;;third@mail.example;withheld;\r\n"
)


@pytest.fixture
def petition(db):
    return make_petition()


def hand_in(browser, petition, sheet, **changes):
    data = sheet if isinstance(sheet, bytes) else sheet.encode("utf-8-sig")
    form = {
        "petition": petition.pk,
        "language": "lt",
        "reference": "folder 3",
        "consent_version": "2026-11-24",
        "consent_given": "on",
        "file": SimpleUploadedFile("sheet.csv", data),
    }
    return browser.post(URL, form | changes, follow=True)


def checked(browser, petition, sheet, **changes):
    page = hand_in(browser, petition, sheet, **changes)
    assert page.redirect_chain, re.findall(r'class="[^"]*error[^"]*"[^>]*>[^<]*', page.text)
    return Import.objects.latest("at"), page


def say(browser, sheet, **said):
    return browser.post(f"/admin/petitions/import/{sheet.pk}/do/", said, follow=True)


def rows_of_all_tables():
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        counts = {}
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 - our own
            counts[table] = cursor.fetchone()[0]
    return counts


def dump_of_database():
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        dump = []
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608 - our own
            dump += [row[0] for row in cursor.fetchall()]
    return "\n".join(dump)


def tallies_equal_rows(petition):
    counted = Tally.objects.by_petition().get(petition.pk, 0)
    assert counted == Signature.objects.filter(petition=petition).count()
    for country, count in Tally.objects.by_country():
        assert count == Signature.objects.filter(country=country).count()
    return counted


def test_a_sheet_is_checked_and_then_imported(organizer, petition):
    sheet, page = checked(organizer, petition, SHEET)
    assert sheet.counts == {"new": 3}
    assert "<strong>3</strong> new" in " ".join(page.text.split())

    done = say(organizer, sheet)

    assert "3 signatures were imported" in done.text
    found = {each.country.code: each for each in Signature.objects.all()}
    details = found["LT"].open_details()
    assert (details.name, details.postcode) == ("Quixotica Unforgettable", "ZQ99 9QZ")
    assert found["LT"].visibility == Visibility.PUBLIC
    assert found["DE"].open_details().name == "Bob Ray"
    assert (found["DE"].index, found["DE"].visibility) == (None, Visibility.OFFICIALS)
    assert (found["PL"].sig_box, found["PL"].visibility) == (None, Visibility.WITHHELD)
    assert {each.source for each in found.values()} == {Source.PAPER}
    assert {each.imported for each in found.values()} == {sheet}
    assert {(each.language, each.consent_version) for each in found.values()} == {
        ("lt", "2026-11-24")
    }
    assert tallies_equal_rows(petition) == 3


def test_the_dry_run_changes_nothing_but_leaves_an_import_and_a_line_in_the_trail(
    organizer, petition
):
    make_signature(petition)
    before = rows_of_all_tables()

    sheet, _page = checked(organizer, petition, SHEET)

    after = rows_of_all_tables()
    changed = {table for table in after if after[table] != before[table]}
    assert changed == {"petitions_import", "petitions_auditentry"}
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.count) == ("import", 3)
    assert entry.selection == "checked; paper signatures; 1. ask-1; folder 3"
    assert sheet.state == Import.State.CHECKED


def test_between_dry_run_and_import_nobody_of_the_sheet_can_be_read(organizer, petition, tmp_path):
    bad = "Quixotica Bad;Atlantis;;bad.un@mail.example;;\r\n"
    before = set(Path(tempfile.gettempdir()).iterdir())
    sheet, _page = checked(organizer, petition, SHEET + bad)
    needles = ["Quixotica", "xylophone", "ZQ99", "Ünförgettable", "bad.un"]

    # There is something to leak: the key opens it.
    assert "Quixotica" in str(sheet.open())
    dump = dump_of_database()
    assert "folder 3" in dump
    for needle in needles:
        assert needle not in dump
        assert needle.encode().hex() not in dump
    assert "un@mail" not in str(sheet.open())
    uploads = {each.name for each in set(Path(tempfile.gettempdir()).iterdir()) - before}
    assert not {each for each in uploads if "upload" in each}

    say(organizer, sheet)

    sheet.refresh_from_db()
    assert sheet.box is None
    assert Signature.objects.count() == 3


def test_a_second_click_imports_nothing_twice(organizer, petition):
    sheet, _page = checked(organizer, petition, SHEET)

    say(organizer, sheet)
    again = say(organizer, sheet)

    assert "over already" in again.text
    assert tallies_equal_rows(petition) == 3


def test_each_bad_line_is_named_with_its_number_column_and_reason(organizer, petition):
    bad = (
        "name,country,email,visibility,postcode\n"
        "Ann Lee,Atlantis,,,\n"
        '"=HYPERLINK(""http://x.example"")",LT,,,\n'
        "Bob\u202eRay,LT,,,\n"
        "Carl,LT,no address,,\n"
        ",LT,,,\n"
        "Dan,LT,,everybody,\n"
        "Eve,LT,,,12345678901234567\n"
        "Fay,LT,,,1,2\n"
        "Good One,LT,,,\n"
    )
    sheet, page = checked(organizer, petition, bad)

    assert sheet.counts == {"new": 1, "bad": 8}
    found = [(problem.number, problem.column) for problem in page.context["report"].problems()]
    assert found == [
        (2, "country"),
        (3, "name"),
        (4, "name"),
        (5, "email"),
        (6, "name"),
        (7, "visibility"),
        (8, "postcode"),
        (9, ""),
    ]
    for words in (
        "No country has this name",
        "looks like a formula",
        "invisible character",
        "This can&#x27;t be an address",
        "The name is missing",
        "This must be one of",
        "At most 16 characters",
        "more cells than there are titles",
    ):
        assert words in page.text
    assert "Atlantis" in page.text
    assert "no address" not in page.text


def test_who_looks_at_lines_that_wait_stands_in_the_trail(organizer, petition):
    rows = "name,country\nAnn Lee,Atlantis\nBob Ray,DE\nBob Ray,DE\n"
    sheet, _page = checked(organizer, petition, rows)
    organizer.get(f"/admin/petitions/import/{sheet.pk}/bad.csv")
    say(organizer, sheet)

    read = AuditEntry.objects.filter(action="read").order_by("id")

    about = "paper signatures; 1. ask-1; folder 3"
    assert list(read.values_list("selection", "count")) == [(about, 2), (about, 1)]


def test_of_many_files_one_is_taken(organizer, petition):
    files = [SimpleUploadedFile(f"{n}.csv", f"name,country\nN{n},LT\n".encode()) for n in "abc"]
    sheet, _page = checked(organizer, petition, SHEET, file=files)

    assert sheet.counts == {"new": 1}


def test_bad_lines_are_saved_mended_and_handed_in_again(organizer, petition):
    sheet, _page = checked(organizer, petition, SHEET + "Eve;Atlantis;1;eve@mail.example;;\r\n")

    saved = organizer.get(f"/admin/petitions/import/{sheet.pk}/bad.csv")
    say(organizer, sheet)

    text = saved.content.decode("utf-8-sig")
    assert text.splitlines()[0].endswith('"line","problem"')
    assert "Eve" in text
    assert "eve@" not in text
    # The address is not kept: a line that is handed in without mending it is bad again.
    again, _page = checked(organizer, petition, text.replace("Atlantis", "LT"))
    assert again.counts == {"bad": 1}
    mended = text.replace("Atlantis", "LT")
    mended = re.sub(r'"see line[^"]*"', '"eve@mail.example"', mended)
    again, _page = checked(organizer, petition, mended)
    assert again.counts == {"new": 1}
    say(organizer, again)
    assert tallies_equal_rows(petition) == 4


def test_who_signed_already_or_stands_there_twice_is_not_taken_again(organizer, petition):
    make_signature(petition, address="ann.lee@mail.example")
    rows = (
        "name,country,email\n"
        "Ann Lee,LT,Ann.Lee+x@mail.example\n"
        "Bob Ray,LT,bob@mail.example\n"
        "Robert Ray,LT,BOB+y@mail.example\n"
    )
    sheet, page = checked(organizer, petition, rows)

    assert sheet.counts == {"new": 1, "duplicate": 2}
    words = [(each.number, each.words) for each in page.context["report"].problems()]
    assert words == [
        (2, "Whoever has this address has signed already."),
        (4, "The same address stands in line 3."),
    ]
    say(organizer, sheet)
    assert tallies_equal_rows(petition) == 2


def test_who_signs_meanwhile_is_counted_once(organizer, petition):
    sheet, _page = checked(organizer, petition, "name,country,email\nAnn,LT,ann@mail.example\n")
    make_signature(petition, address="ann@mail.example")

    done = say(organizer, sheet)

    assert "0 signatures were imported" in done.text
    assert "1 line was left out" in done.text
    assert tallies_equal_rows(petition) == 1


def test_the_same_name_and_postcode_are_doubtful_and_wait_for_a_tick(organizer, petition):
    rows = "name,country,postcode\nAnn Lee,LT,01100\nANN  LEE,LT,01100\nAnn Lee,LT,01200\n"
    sheet, _page = checked(organizer, petition, rows)
    assert sheet.counts == {"new": 2, "doubtful": 1}
    say(organizer, sheet)
    assert tallies_equal_rows(petition) == 2

    # The whole sheet once more, by mistake.
    again, page = checked(organizer, petition, rows)
    assert again.counts == {"doubtful": 3}
    assert "came with an earlier sheet" in page.text
    say(organizer, again)
    assert tallies_equal_rows(petition) == 2

    third, _page = checked(organizer, petition, rows)
    say(organizer, third, doubtful="on")
    assert tallies_equal_rows(petition) == 5


def test_an_import_is_taken_back_whole_and_offices_are_asked_to_delete(organizer, petition):
    make_office(petition)
    kept = make_signature(petition)
    first, _page = checked(organizer, petition, SHEET)
    say(organizer, first)
    close_batch(petition, now=timezone.now())
    second, _page = checked(organizer, petition, "name,country\nLate One,LT\n")
    say(organizer, second)

    page = organizer.get(f"/admin/petitions/import/{first.pk}/undo/")
    assert "3 signatures are erased" in " ".join(page.text.split())
    assert "3 of them are in letters already" in " ".join(page.text.split())
    for sheet in (first, second, first):
        organizer.post(f"/admin/petitions/import/{sheet.pk}/undo/")

    assert list(Signature.objects.all()) == [kept]
    assert Withdrawal.objects.count() == 3
    assert tallies_equal_rows(petition) == 1
    first.refresh_from_db()
    assert (first.state, first.counts["undone"]) == (Import.State.UNDONE, 3)
    counts = AuditEntry.objects.filter(selection__startswith="taken back").values_list("count")
    assert sorted(counts) == [(1,), (3,)]


def test_a_cancelled_import_leaves_nothing(organizer, petition):
    sheet, _page = checked(organizer, petition, SHEET)

    say(organizer, sheet, cancel="")
    say(organizer, sheet)

    sheet.refresh_from_db()
    assert (sheet.state, sheet.box) == (Import.State.CANCELLED, None)
    assert not Signature.objects.exists()


def test_after_a_day_the_lines_are_erased_and_nothing_can_be_imported(organizer, petition):
    sheet, _page = checked(organizer, petition, SHEET)
    almost = timezone.now() + timedelta(hours=23)
    assert lines.erase_expired(now=almost) == 0
    assert lines.erase_expired(now=almost + timedelta(hours=2)) == 1
    assert Erasure.objects.get(rule=Erasure.Rule.IMPORTS).count == 1

    done = say(organizer, sheet)

    assert "over already" in done.text
    sheet.refresh_from_db()
    assert (sheet.state, sheet.box) == (Import.State.EXPIRED, None)
    assert not Signature.objects.exists()


def test_a_file_of_six_megabytes_is_refused_in_words(organizer, petition):
    page = hand_in(organizer, petition, b"name,country\n" + b"x" * (MOST_BYTES + 1_000_000))

    assert "larger than 5 MB" in page.text
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"file": ""}, "choose a file, or paste"),
        ({"file": "", "pasted": "x" * 15_001}, "15000 characters"),
        ({"consent_given": ""}, "Without their consent on paper"),
        ({"reference": ""}, "required"),
        ({"file": SimpleUploadedFile("a.csv", b"")}, "This file is empty"),
    ],
)
def test_a_form_that_is_not_complete_keeps_what_was_typed(organizer, petition, changes, said):
    page = hand_in(organizer, petition, SHEET, **{"reference": "shelf 7", **changes})

    assert said in page.text
    if "reference" not in changes:
        assert "shelf 7" in page.text
    assert not Import.objects.exists()


def test_lines_may_be_pasted(organizer, petition):
    sheet, _page = checked(organizer, petition, SHEET, file="", pasted="name,country\nAnn Lee,LT\n")

    assert sheet.counts == {"new": 1}


def test_a_petition_takes_paper_for_a_month_after_its_end(organizer, petition):
    Petition.objects.update(state=Petition.State.CLOSED, closed_at=timezone.now())
    sheet, _page = checked(organizer, petition, SHEET)

    Petition.objects.update(closed_at=timezone.now() - timedelta(days=31))
    done = say(organizer, sheet)
    page = hand_in(organizer, petition, SHEET)

    assert "takes no more signatures" in done.text
    assert "Select a valid choice" in page.text
    assert not Signature.objects.exists()


def test_who_may_not_import_reaches_no_door(helper, organizer, petition):
    sheet, _page = checked(organizer, petition, SHEET)
    browser = helper("read_details", "export_signature")
    here = f"/admin/petitions/import/{sheet.pk}"

    assert hand_in(browser, petition, SHEET).status_code == 403
    for page in (URL, f"{here}/change/", f"{here}/bad.csv", f"{here}/undo/"):
        assert browser.get(page).status_code == 403
    assert say(browser, sheet).status_code == 403
    assert "folder 3" not in browser.get("/admin/petitions/import/").text
    assert not Signature.objects.exists()


def test_a_form_from_elsewhere_is_refused(organizer, petition):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = organizer.cookies

    page = hand_in(strict, petition, SHEET)
    assert page.status_code == 403

    form = strict.get(URL)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)[1]
    assert hand_in(strict, petition, SHEET, csrfmiddlewaretoken=token).status_code == 200
    assert Import.objects.count() == 1


def test_other_forms_still_take_no_files(organizer, petition):
    url = f"/admin/petitions/petition/{petition.pk}/change/"
    page = organizer.post(url, {"file": SimpleUploadedFile("sheet.csv", b"x" * 10)})

    assert not page.wsgi_request.FILES


def test_the_list_shows_and_filters_what_came_on_paper(organizer, petition):
    make_signature(petition)
    sheet, _page = checked(organizer, petition, SHEET)
    say(organizer, sheet)

    page = organizer.get(LIST, {"source": "paper"})

    assert {each.source for each in page.context["cl"].result_list} == {Source.PAPER}
    assert page.context["cl"].result_count == 3
    assert "on paper" in page.text
    signature = Signature.objects.filter(imported=sheet).first()
    assert "on paper" in organizer.get(f"{LIST}{signature.pk}/change/").text


def test_the_template_can_be_handed_in_as_it_is(organizer, petition):
    template = organizer.get("/admin/petitions/import/paper/template.csv").content

    sheet, _page = checked(organizer, petition, template)

    assert sheet.counts == {"new": 1}
