"""From the list to the file: what was chosen, why, and a line in the audit trail before a byte."""

import csv
import io

import pytest
from django.db import connection
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import AuditEntry, Visibility
from tests.makers import make_petition, make_signature

LIST = "/admin/petitions/signature/"
URL = "/admin/petitions/signature/export/"
REASON = {"reason": "For the meeting in Geneva"}


def names_in(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return [row["name"] for row in csv.DictReader(io.StringIO(text, newline=""))]


@pytest.fixture
def three(organizer):
    petition = make_petition()
    return [
        make_signature(petition, name="Ann", country="DE", visibility=Visibility.PUBLIC),
        make_signature(petition, name="Bob", country="DE"),
        make_signature(petition, name="Cyd", country="LT"),
    ]


def tick(signatures, **more):
    return {"action": "export_chosen", "_selected_action": [s.pk for s in signatures], **more}


def test_everything_is_exported_without_a_filter(organizer, three):
    assert sorted(names_in(organizer.post(URL, REASON))) == ["Ann", "Bob", "Cyd"]


def test_the_filter_of_the_list_is_the_filter_of_the_file(organizer, three):
    response = organizer.post(f"{URL}?country=DE&visibility=officials", REASON)

    assert names_in(response) == ["Bob"]


def test_those_that_were_ticked_are_exported(organizer, three):
    page = organizer.post(LIST, tick(three[:2]))
    assert page.context["chosen"].count == 2

    ticked = {"_selected_action": page.context["chosen"].ticked}
    assert sorted(names_in(organizer.post(URL, REASON | ticked))) == ["Ann", "Bob"]


def test_all_that_match_are_exported_when_all_were_ticked(organizer, three):
    page = organizer.post(f"{LIST}?country=DE", tick(three[:1], select_across="1"))

    assert page.context["chosen"].count == 2
    assert page.context["chosen"].ticked == []
    assert sorted(names_in(organizer.post(f"{URL}?country=DE", REASON))) == ["Ann", "Bob"]


def test_a_ticked_one_outside_the_filter_is_not_exported(organizer, three):
    ticked = {"_selected_action": [three[2].pk]}

    assert names_in(organizer.post(f"{URL}?country=DE", REASON | ticked)) == []


def test_the_page_says_how_many_and_which_and_what_is_not_in_it(organizer, three):
    page = organizer.get(f"{URL}?country=DE&visibility=public")

    assert "1 signature" in page.text
    assert "country: Germany; visibility: public" in page.text
    assert "Email addresses: only the mailer can open them." in page.text
    assert AuditEntry.objects.count() == 0


def test_the_list_leads_to_the_page_with_its_filter(organizer, three):
    text = organizer.get(f"{LIST}?country=DE&visibility=public").text

    assert f"{URL}?country=DE&amp;visibility=public" in text


@pytest.mark.parametrize("reason", ["", "because", "         x", None])
def test_without_a_reason_there_is_no_file_and_no_line(organizer, three, reason):
    data = {} if reason is None else {"reason": reason}

    page = organizer.post(URL, data)

    assert not page.streaming
    assert "What do you need it for?" in page.text
    assert AuditEntry.objects.count() == 0


def test_who_may_not_export_gets_neither_page_nor_file(helper, keys):
    make_signature(make_petition())
    browser = helper("read_details", "publish_name")

    assert browser.get(URL).status_code == 403
    assert browser.post(URL, REASON).status_code == 403
    assert URL not in browser.get(LIST).text
    assert "export_chosen" not in browser.get(LIST).text
    assert AuditEntry.objects.count() == 0


def test_who_may_export_needs_no_other_right(helper, keys):
    make_signature(make_petition(), name="Ann")

    assert names_in(helper("export_signature").post(URL, REASON)) == ["Ann"]


def test_the_audit_trail_says_who_which_how_many_and_why(organizer, three):
    organizer.post(f"{URL}?country=DE", REASON)

    entry = AuditEntry.objects.get()
    assert (entry.user.username, entry.action, entry.count) == ("olga", "export", 2)
    assert entry.selection == "country: Germany"
    assert entry.reason == "For the meeting in Geneva"


def test_the_audit_trail_says_when_they_were_ticked_one_by_one(organizer, three):
    organizer.post(URL, REASON | {"_selected_action": [three[0].pk]})

    assert AuditEntry.objects.get().selection == "ticked one by one from: all signatures"


def test_the_audit_trail_names_every_filter_in_words(organizer, three):
    petition = three[0].petition
    batch = close_batch(petition, now=timezone.now())
    reference = str(three[0].pk)[:8]

    organizer.post(
        f"{URL}?petition={petition.pk}&country=DE&visibility=public&name=waiting"
        f"&batch={batch.pk}&flag=quarantined&q={reference}",
        REASON,
    )

    assert AuditEntry.objects.get().selection == (
        "petition: 1. ask-1; country: Germany; visibility: public; name on the site: public,"
        f" not shown yet; batch: ask-1 1; flag: quarantined; reference: {reference}…"
    )


@pytest.mark.parametrize("typed", ["ann.canary@mail.example", "Ann Canary"])
def test_a_person_typed_into_the_list_does_not_reach_the_audit_trail(organizer, three, typed):
    response = organizer.post(f"{URL}?country=DE", REASON | {"q": typed})
    assert len(names_in(response)) == 2
    assert names_in(organizer.post(f"{URL}?q={typed}", REASON)) == []

    for entry in AuditEntry.objects.values():
        assert "canary" not in str(entry).lower()


def test_the_file_is_streamed_named_by_the_day_and_kept_by_no_cache(organizer, three):
    response = organizer.post(URL, REASON)

    assert response.streaming
    today = timezone.localdate().isoformat()
    assert response["Content-Disposition"] == f'attachment; filename="signatures-{today}.csv"'
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db(transaction=True)
def test_the_line_is_committed_before_the_first_byte(organizer, three):
    response = organizer.post(URL, REASON)

    other_session = connection.copy()
    try:
        with other_session.cursor() as cursor:
            cursor.execute("SELECT count FROM petitions_auditentry")
            assert cursor.fetchall() == [(3,)]
    finally:
        other_session.close()
    assert len(names_in(response)) == 3


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_broken_off_leaves_the_line_and_no_open_transaction(organizer, three):
    response = organizer.post(URL, REASON)
    lines = iter(response.streaming_content)
    next(lines), next(lines)
    assert connection.in_atomic_block
    response.close()

    assert not connection.in_atomic_block
    assert AuditEntry.objects.get().count == 3


@pytest.mark.parametrize(
    "address",
    [f"{URL}?shoe_size=40", f"{URL}?petition__state=open"],
)
def test_an_address_that_no_list_leads_to_is_refused(organizer, three, address):
    assert organizer.get(address).status_code == 400
    assert organizer.post(address, REASON).status_code == 400
    assert AuditEntry.objects.count() == 0


def test_what_is_no_reference_is_refused(organizer, three):
    assert organizer.post(URL, REASON | {"_selected_action": ["ann"]}).status_code == 400
