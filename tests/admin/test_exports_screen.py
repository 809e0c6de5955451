"""From the list to the file: for what, who and why; then it is made, and only its exporter reads it."""

import csv
import io
import re
from html import unescape

import pyrage
import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from petitions.exports.make import erase_expired, make_exports
from petitions.models import AgeKey, AuditEntry, Erasure, Export, ExportChunk, Visibility
from petitions.models.clock import database_now
from petitions.models.export import EXPORT_LIFE
from tests.admin.conftest import browser_of
from tests.makers import make_petition, make_signature

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/petitions/signature/"
NEW = "/admin/petitions/export/add/"
KEY = "/admin/petitions/export/key/"
State = Export.State
REASON = "For the meeting in Geneva"


@pytest.fixture
def three(organizer):
    petition = make_petition()
    return [
        make_signature(petition, name="Ann", country="DE", visibility=Visibility.PUBLIC),
        make_signature(petition, name="Bob", country="DE"),
        make_signature(petition, name="Cyd", country="LT"),
    ]


@pytest.fixture
def second(keys):
    return browser_of(User.objects.create_superuser("sonja"))


def form(**changes):
    return {
        "use": "deliver",
        "format": "csv",
        "columns_deliver": ["name", "country"],
        "reason": REASON,
    } | changes


def ordered(browser, **changes):
    answer = browser.post(NEW, form(**changes))
    assert answer.status_code == 302, answer.context["form"].errors
    return Export.objects.latest("number")


def do(browser, export, what):
    answer = browser.post(reverse("admin:petitions_export_do", args=[export.pk]), {"do": what})
    export.refresh_from_db()
    return answer.status_code


def file_of(browser, export, **headers):
    return browser.get(reverse("admin:petitions_export_file", args=[export.pk]), headers=headers)


def page_of(browser, export):
    return browser.get(reverse("admin:petitions_export_change", args=[export.pk])).text


def data_of(response):
    return b"".join(response.streaming_content)


def names_in(response):
    text = data_of(response).decode("utf-8-sig")
    return sorted(row["name"] for row in csv.DictReader(io.StringIO(text, newline="")))


def lines():
    return list(AuditEntry.objects.order_by("id").values_list("user__username", "action", "count"))


def hidden_fields(page):
    """What the form would send of what the list chose."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)"', page.text)
    return {name: [v for n, v in found if n == name] for name, _ in found}


def test_an_organizer_orders_waits_and_downloads(organizer, three):
    export = ordered(organizer)
    assert "queued" in page_of(organizer, export)

    make_exports()

    assert "Download" in page_of(organizer, export)
    response = file_of(organizer, export)
    assert names_in(response) == ["Ann", "Bob", "Cyd"]
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert "no-store" in response["Cache-Control"]
    assert lines() == [("olga", "export", 3), ("olga", "download", 3)]
    entry = AuditEntry.objects.first()
    assert (entry.reason, "all signatures" in entry.selection) == (REASON, True)


def test_the_form_says_what_its_file_can_do_to_people_in_the_campaigns_words(organizer, settings):
    page = unescape(organizer.get(NEW).text)

    assert "In the wrong hands this file can harm the people whom it names." in page
    assert settings.CAMPAIGN["consent"]["risk"] in page


def test_the_filter_of_the_list_is_the_filter_of_the_file(organizer, three):
    assert (
        f"{NEW}?country=DE&amp;visibility=officials"
        in organizer.get(f"{LIST}?country=DE&visibility=officials").text
    )
    page = organizer.get(f"{NEW}?country=DE&visibility=officials")
    assert page.context["count"] == 1
    assert "visibility: officials only" in page.text

    export = ordered(organizer, countries=["DE"], visibilities=["officials"])
    make_exports()

    assert names_in(file_of(organizer, export)) == ["Bob"]


def test_those_that_were_ticked_in_the_list_are_exported(organizer, three):
    ticked = {"action": "export_chosen", "_selected_action": [s.pk for s in three[:2]]}
    page = organizer.post(f"{LIST}?country=DE", ticked)
    assert page.context["count"] == 2

    export = ordered(organizer, ticked=hidden_fields(page)["ticked"])
    make_exports()

    assert names_in(file_of(organizer, export)) == ["Ann", "Bob"]
    assert "2 ticked by hand" in AuditEntry.objects.first().selection


def test_all_that_match_are_meant_when_all_were_ticked(organizer, three):
    ticked = {"action": "export_chosen", "_selected_action": [three[0].pk], "select_across": "1"}

    page = organizer.post(f"{LIST}?country=DE", ticked)

    assert (page.context["count"], page.context["which"]) == (2, "country: Germany")


def test_a_filter_that_exports_do_not_know_is_never_passed_over(organizer, three):
    answer = organizer.get(f"{NEW}?country=DE&shoe_size=40", follow=True)

    assert "Exports know no filter “shoe_size”" in answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": "because"},
        {"reason": "         x"},
        {"use": "sell"},
        {"columns_deliver": []},
        {"since": "2026-03-02", "until": "2026-03-01"},
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(organizer, three, wrong):
    typed = form(countries=["DE"]) | wrong

    page = organizer.post(NEW, typed)

    assert page.context["form"].errors
    assert '<option value="DE" selected>' in page.text
    assert typed["reason"].strip() in page.text
    assert (Export.objects.count(), lines()) == (0, [])


def test_how_many_is_told_before_anything_is_ordered(organizer, three):
    page = organizer.post(NEW, form(countries=["DE"], reason="", count="1"))

    assert page.context["count"] == 2
    assert not Export.objects.exists()


def test_a_person_typed_into_the_lists_address_reaches_neither_export_nor_trail(organizer, three):
    assert organizer.get(f"{NEW}?q=Ann Canary").status_code == 400
    answer = organizer.post(NEW, form(reference="Ann Canary"))

    assert answer.status_code == 200
    assert (Export.objects.count(), lines()) == (0, [])


# --- Under way


def test_the_page_tells_how_far_it_is(organizer, three):
    export = ordered(organizer)
    Export.objects.update(state=State.MAKING, rows_done=2, lease_until=database_now())

    state = organizer.get(reverse("admin:petitions_export_state", args=[export.pk])).json()

    assert state == {
        "state": "making",
        "done": 2,
        "words": "2 of 3 signatures are in the file.",
    }
    page = page_of(organizer, export)
    assert "2 of 3 signatures" in page
    assert 'http-equiv="refresh"' in page


def test_a_cancelled_export_is_not_made_and_goes_on_by_a_click(organizer, three):
    export = ordered(organizer)
    assert do(organizer, export, "cancel") == 302
    assert make_exports() == 0
    assert "Make it after all" in page_of(organizer, export)

    do(organizer, export, "go_on")
    make_exports()

    assert names_in(file_of(organizer, export)) == ["Ann", "Bob", "Cyd"]
    assert [action for _who, action, _count in lines()] == [
        *("export", "cancel", "export", "download")
    ]


def test_a_made_file_is_erased_by_its_exporter_or_after_a_day(organizer, three):
    erased, old = ordered(organizer), ordered(organizer)
    make_exports()

    do(organizer, erased, "cancel")
    assert set(ExportChunk.objects.values_list("export", flat=True)) == {old.pk}
    erasures = "/admin/petitions/erasure/calendar/"
    assert files_to_erase(organizer.get(erasures)) == 1
    erase_expired(now=database_now() + EXPORT_LIFE)
    assert files_to_erase(organizer.get(erasures)) == 0
    assert Erasure.objects.get(rule=Erasure.Rule.EXPORTS).count == 1

    old.refresh_from_db()
    assert (old.state, old.key_box) == (State.GONE, None)
    assert not ExportChunk.objects.exists()
    for export in (erased, old):
        answer = file_of(organizer, export)
        assert (answer.status_code, answer.streaming) == (302, False)


def files_to_erase(page):
    rules = {each.line.rule: each.line for each in page.context["lines"]}
    return rules[Erasure.Rule.EXPORTS].count


# --- The download


def test_a_broken_download_goes_on_where_it_stopped(organizer, three):
    export = ordered(organizer)
    make_exports()
    first = file_of(organizer, export)
    whole, mark = data_of(first), first["ETag"]

    rest = file_of(organizer, export, Range="bytes=10-", If_Range=mark)
    last = file_of(organizer, export, Range="bytes=-4")
    other = file_of(organizer, export, Range="bytes=10-", If_Range='"another file"')
    beyond = file_of(organizer, export, Range=f"bytes={len(whole)}-")

    assert (rest.status_code, data_of(rest)) == (206, whole[10:])
    assert rest["Content-Range"] == f"bytes 10-{len(whole) - 1}/{len(whole)}"
    assert data_of(last) == whole[-4:]
    assert (other.status_code, data_of(other)) == (200, whole)
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(whole)}")


def test_nobody_else_can_download_it_though_everybody_who_exports_sees_it(organizer, second, three):
    export = ordered(organizer)
    make_exports()

    assert file_of(second, export).status_code == 403
    assert "Only who ordered it can download it." in page_of(second, export)
    assert do(second, export, "cancel") == 403
    assert names_in(file_of(organizer, export)) == ["Ann", "Bob", "Cyd"]


def test_who_may_not_export_any_more_gets_no_file(helper, three):
    browser = helper("export_signature")
    export = ordered(browser)
    make_exports()
    User.objects.get(username="hanna").user_permissions.clear()

    assert file_of(browser, export).status_code == 403


# --- Approval


def test_where_approval_is_needed_another_organizer_gives_it(organizer, second, three, settings):
    settings.EXPORTS_NEED_APPROVAL = True
    export = ordered(organizer)
    assert make_exports() == 0
    assert do(organizer, export, "approve") == 403
    assert export.state == State.WAITING
    assert "Approve" in page_of(second, export)

    do(second, export, "approve")
    assert make_exports() == 1

    export.refresh_from_db()
    assert export.approved_by.username == "sonja"
    assert lines() == [("olga", "export", 3), ("sonja", "allow", 3)]
    assert file_of(second, export).status_code == 403


def test_a_refused_export_asks_for_approval_again(organizer, second, three, settings):
    settings.EXPORTS_NEED_APPROVAL = True
    export = ordered(organizer)

    do(second, export, "cancel")
    do(organizer, export, "go_on")

    assert export.state == State.WAITING
    assert make_exports() == 0


def test_an_approval_that_comes_too_late_changes_nothing(organizer, second, three, settings):
    settings.EXPORTS_NEED_APPROVAL = True
    export = ordered(organizer)
    do(organizer, export, "cancel")

    do(second, export, "approve")

    assert (export.state, export.approved_by) == (State.CANCELLED, None)


# --- A key of one's own


@pytest.fixture
def sure(organizer):
    """The browser of an organizer who has just said once more who they are."""
    say_again(organizer, seconds_ago=0)
    return organizer


def say_again(browser, *, seconds_ago):
    session = browser.session
    (record,) = session["account_authentication_methods"]
    said = {"reauthenticated": True, "at": record["at"] - seconds_ago}
    session["account_authentication_methods"] = [record | said]
    session.save()


def test_an_organizer_gives_a_key_and_it_is_used_from_then_on(organizer, sure, three):
    identity = pyrage.x25519.Identity.generate()

    sure.post(KEY, {"recipient": f" {identity.to_public()} "})
    export = ordered(organizer)
    make_exports()

    assert b"Ann" in pyrage.decrypt(data_of(file_of(organizer, export)), [identity])
    assert lines()[0] == ("olga", "age_key", 1)
    sure.post(KEY, {"recipient": ""})
    assert not AgeKey.objects.exists()


@pytest.mark.parametrize("typed", ["age1nonsense", "ssh-ed25519 AAAA", "ann@mail.example"])
def test_what_is_no_key_is_said_in_words(sure, typed):
    page = sure.post(KEY, {"recipient": typed})

    assert "This is no public key of age." in page.text
    assert not AgeKey.objects.exists()


def test_a_private_key_is_neither_kept_nor_shown_again(sure):
    secret = str(pyrage.x25519.Identity.generate())

    page = sure.post(KEY, {"recipient": secret})

    assert "This is the private key" in page.text
    assert secret not in page.text


def test_the_key_is_changed_only_by_who_has_just_said_who_they_are(organizer):
    say_again(organizer, seconds_ago=3600)

    for answer in (organizer.get(KEY), organizer.post(KEY, {"recipient": ""})):
        assert answer["Location"].startswith("/admin/account/confirm/")


def test_who_may_not_export_sees_none_of_it(helper, three):
    browser = helper("read_details", "publish_name")

    for url in (NEW, KEY, "/admin/petitions/export/"):
        assert browser.get(url).status_code == 403
    assert browser.post(NEW, form()).status_code == 403
    assert NEW not in browser.get(LIST).text
    assert "export_chosen" not in browser.get(LIST).text
    assert lines() == []
