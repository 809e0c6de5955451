"""A person's page: each step asks first, acts on that person alone, and leaves its line."""

import json
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import AuditEntry, PersonRequest, Petition, Signature, SignRequest, Tally
from petitions.signatures.request import request_signature
from tests.admin.test_find_a_person import rows_with
from tests.makers import make_office, make_petition, make_signature, make_wish

URL = "/admin/petitions/signature/find/"
ANN = {"address": "Ann@mail.example"}
Action = AuditEntry.Action


def ann(petition, **changes):
    return make_signature(petition, address="ann@mail.example", **changes)


def take(browser, step, whom=ANN, **typed):
    return browser.post(URL, {**whom, "step": step, "sure": "yes", **typed})


def actions():
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


@pytest.fixture
def case(db):
    return PersonRequest.objects.create(
        kind=PersonRequest.Kind.ERASE, received_on=timezone.localdate()
    )


# --- What the page shows


def test_the_page_shows_what_is_stored_opened(organizer):
    petition = make_petition()
    make_office(petition)
    ann(petition, name="Ann O'Neill", comment="<b>Please</b>")
    close_batch(petition, now=timezone.now())

    page = organizer.post(URL, ANN)

    assert "Ann O&#x27;Neill" in page.text
    assert "&lt;b&gt;Please" in page.text
    assert "Minister, Ministry (ready)" in page.text
    assert "no-store" in page["Cache-Control"]


def test_requests_that_the_mailer_has_not_read_are_told_of(organizer):
    request_signature(make_wish(make_petition()), now=timezone.now())

    assert "has not looked at 1 sign request yet" in organizer.post(URL, ANN).text


def test_petitions_whose_signers_cannot_be_found_are_named(organizer):
    petition = make_petition(state=Petition.State.CLOSED)
    Petition.objects.update(closed_at=timezone.now() - timedelta(days=31))

    page = organizer.post(URL, ANN)

    assert "nobody can be found by address any more" in page.text
    assert petition.text.title in page.text


def test_a_signature_is_reached_by_its_reference_once_its_mark_is_gone(organizer):
    signature, other = ann(make_petition(1), name="Ann Canary"), ann(make_petition(2))
    Signature.objects.update(index=None, look_alike=None)
    own = organizer.get(reverse("admin:petitions_signature_change", args=[signature.pk]))
    assert f"{URL}?reference={signature.pk}" in own.text

    page = organizer.get(URL, {"reference": str(signature.pk)})

    assert "Ann Canary" in page.text
    assert str(other.pk) not in page.text
    take(organizer, "erase", {"reference": str(signature.pk)})
    assert Signature.objects.get() == other


def test_what_is_no_reference_is_refused(organizer):
    assert organizer.get(URL, {"reference": "ann"}).status_code == 400


# --- Each step asks first


@pytest.mark.parametrize("step", ["handover", "correct", "restrict", "erase"])
def test_a_step_asks_before_it_does_anything(organizer, step):
    signature = ann(make_petition(), name="Ann Lee")

    page = organizer.post(URL, {**ANN, "step": step, "of": str(signature.pk)})

    assert page["Content-Type"].startswith("text/html")
    assert "Ann@mail.example" in page.text
    assert Signature.objects.get(restricted=False).open_details().name == "Ann Lee"
    assert set(actions()) <= {Action.READ}


def test_going_back_shows_the_person_again(organizer):
    ann(make_petition(), name="Ann Lee")

    page = organizer.post(URL, {**ANN, "step": "", "sure": "yes"})

    assert "Ann Lee" in page.text
    assert Signature.objects.exists()


def test_an_address_in_the_url_does_nothing(organizer):
    ann(make_petition(), name="Ann Canary")

    page = organizer.get(URL, {**ANN, "step": "erase", "sure": "yes"})

    assert "Ann Canary" not in page.text
    assert Signature.objects.exists()


# --- And then does it


def test_the_file_is_downloaded_and_its_line_is_there(organizer, case):
    ann(make_petition(), name="Ann Canary")

    answer = take(organizer, "handover", case=case.pk)

    assert answer["Content-Disposition"] == 'attachment; filename="personal-data.json"'
    assert "no-store" in answer["Cache-Control"]
    assert json.loads(answer.content)["signatures"][0]["name"] == "Ann Canary"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.count, entry.selection) == (Action.HANDOVER, 1, case.number)
    case.refresh_from_db()
    assert case.is_open


def test_a_person_is_erased_and_their_request_is_done(organizer, case):
    petition = make_petition()
    ann(petition, name="Ann Canary")
    make_signature(petition, name="Bob")

    page = take(organizer, "erase", case=case.pk)

    assert "Nobody with this address has signed." in page.text
    assert Signature.objects.get().open_details().name == "Bob"
    assert Tally.objects.by_petition() == {petition.pk: 1}
    case.refresh_from_db()
    assert (case.state, case.done_by.username) == ("done", "olga")
    assert actions() == [Action.ERASE, Action.CASE, Action.SEARCH]
    assert rows_with("canary") == rows_with("ann@mail") == 0


def test_who_is_erased_was_named_in_the_database_before(organizer):
    """Without this the test above could not fail: a name that an organizer shows is readable."""
    ann(make_petition(), visibility="public")
    Signature.objects.update(public_name="Ann Canary")
    assert rows_with("canary") == 1

    take(organizer, "erase")

    assert rows_with("canary") == 0


def test_a_correction_is_checked_like_the_form_that_people_sign(organizer):
    signature = ann(make_petition(), name="Anne")
    typed = {"of": str(signature.pk), "country": "UA", "postcode": "1", "comment": "Kept words"}

    page = take(organizer, "correct", name="see www.bad.example", **typed)
    assert "without links or addresses" in page.text
    assert "Kept words" in page.text

    take(organizer, "correct", name="Ann Lee", **typed)
    signature.refresh_from_db()
    assert signature.open_details().name == "Ann Lee"
    assert signature.country.code == "UA"
    assert Action.CORRECT in actions()


def test_restricting_wants_a_reason_that_names_nobody_and_can_be_ended(organizer):
    ann(make_petition())

    take(organizer, "restrict", reason="ann@mail.example contests it")
    assert not Signature.objects.filter(restricted=True).exists()

    take(organizer, "restrict", reason="Accuracy is contested")
    assert Signature.objects.filter(restricted=True).exists()
    assert AuditEntry.objects.get(action=Action.RESTRICT).reason == "Accuracy is contested"

    take(organizer, "unrestrict", reason="It was right after all")
    assert not Signature.objects.filter(restricted=True).exists()


def test_no_line_lists_a_persons_references_side_by_side(organizer):
    signatures = [ann(make_petition(1)), ann(make_petition(2))]

    organizer.post(URL, ANN)
    take(organizer, "handover")
    take(organizer, "restrict", reason="Accuracy is contested")
    take(organizer, "erase")

    words = "".join(f"{each.selection}{each.reason}" for each in AuditEntry.objects.all())
    assert actions()
    assert not [each for each in signatures if str(each.pk) in words]
    assert not SignRequest.objects.exists()


# --- Persons' requests


CASES = "/admin/petitions/personrequest/"


def test_a_request_is_due_a_month_after_it_came_and_three_where_it_is_extended(organizer):
    typed = {"kind": "access", "received_on": "2026-01-31", "identity": "not_yet", "notes": ""}

    organizer.post(f"{CASES}add/", {**typed, "extended_because": ""})
    case = PersonRequest.objects.get()
    assert case.due_on.isoformat() == "2026-02-28"

    organizer.post(f"{CASES}{case.pk}/change/", {**typed, "extended_because": "Many letters"})
    case.refresh_from_db()
    assert case.due_on.isoformat() == "2026-04-30"
    assert actions() == [Action.CASE, Action.CASE]
    assert "overdue" in organizer.get(CASES).text


def test_the_most_urgent_stands_first_and_what_is_done_last(organizer):
    days = ["2026-03-02", "2026-03-01", "2026-02-01"]
    two, one, done = (
        PersonRequest.objects.create(kind="access", received_on=date.fromisoformat(day))
        for day in days
    )
    PersonRequest.objects.filter(pk=done.pk).update(state="done")

    page = organizer.get(CASES)

    assert list(page.context["cl"].result_list) == [one, two, done]


def test_a_request_holds_no_address_and_does_not_come_from_the_future(organizer):
    typed = {"kind": "access", "identity": "not_yet", "extended_because": ""}
    today = timezone.localdate()

    page = organizer.post(
        f"{CASES}add/", {**typed, "received_on": today, "notes": "It is ann@mail.example"}
    )
    assert "Please name nobody here" in page.text
    tomorrow = today + timedelta(days=1)
    organizer.post(f"{CASES}add/", {**typed, "received_on": tomorrow, "notes": ""})
    assert not PersonRequest.objects.exists()


def test_refusing_wants_words_and_what_was_answered_is_not_rewritten(organizer, case):
    ticked = {"action": "mark_refused", "_selected_action": [case.pk]}

    page = organizer.post(CASES, ticked, follow=True)
    assert "Write down first why it is refused" in page.text

    PersonRequest.objects.update(notes="Asked for what others signed")
    organizer.post(CASES, ticked)
    case.refresh_from_db()
    assert case.state == "refused"
    typed = {"kind": "erase", "received_on": "2026-01-01", "identity": "not_yet", "notes": "Other"}
    assert organizer.post(f"{CASES}{case.pk}/change/", typed).status_code == 403
    assert organizer.post(f"{CASES}{case.pk}/delete/", {"post": "yes"}).status_code == 403


# --- What is erased when


def test_the_calendar_shows_each_rule_with_its_figures(organizer):
    ended = make_petition(1, state=Petition.State.CLOSED)
    Petition.objects.update(closed_at=timezone.now())
    ann(ended)
    make_signature(make_petition(2))

    page = organizer.get(reverse("admin:petitions_erasure_calendar"))

    (marks,) = [each.line for each in page.context["lines"] if each.line.rule == "marks"]
    assert marks.count == 2
    assert [(day.petition, day.count) for day in marks.days] == [(ended, 1)]
    assert "Title of ask 2 (open)" in page.text
    assert "none yet" in page.text
