"""What offices did on their own pages, on the organizers' screens, and the decisions about it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from petitions.delivery import office_pages
from petitions.delivery.batches import close_batch
from petitions.models import Answer, AuditEntry, Delivery, Office, OfficeAction, OfficePage
from petitions.models.sealed import OfficeWords
from tests.makers import make_office, make_petition, make_signature

NOW = timezone.now()
LIST = "admin:petitions_officeaction_changelist"
Kind = OfficeAction.Kind
NEW_ADDRESS = OfficeWords(email="new@office.example", note="We <b>moved</b>.")


@pytest.fixture
def token(db, keys):
    petition = make_petition()
    make_office(petition)
    make_signature(petition)
    close_batch(petition, now=NOW)
    return OfficePage.objects.get().open_token()


def card_of(client):
    """What the overview says to wait for a look, and where it is listed."""
    needs = client.get(reverse("admin:index")).context["needs"]
    waits = [need for need in needs if need.words.startswith("An office ")]
    return {need.words: need.count for need in waits}, [need.url for need in waits]


def decide_url():
    return reverse("admin:petitions_officeaction_decide", args=[OfficeAction.objects.get().pk])


def decide(client, outcome):
    return client.post(decide_url(), {"outcome": outcome}, follow=True)


def test_the_overview_counts_what_waits_and_links_to_it(organizer, token):
    assert card_of(organizer) == ({}, [])
    office_pages.confirm_receipt(token, now=NOW)
    office_pages.propose_address(token, NEW_ADDRESS, other=False, now=NOW)
    office_pages.write_answer(token, "We act.", language="en", now=NOW)
    office_pages.stop_letters(token, OfficeWords(), now=NOW)

    counts, urls = card_of(organizer)

    assert counts == {
        "An office gave a new address": 1,
        "An office asked for no more letters": 1,
        "An office wrote an answer to be published": 1,
    }
    assert [organizer.get(url).context["cl"].result_count for url in urls] == [1, 1, 1]
    assert organizer.get(reverse(LIST)).context["cl"].result_count == 4
    assert "new@office.example" not in organizer.get(reverse(LIST)).text, "a list opens no box"


def test_a_new_address_is_written_to_once_an_organizer_accepted_it(organizer, token):
    office_pages.propose_address(token, NEW_ADDRESS, other=False, now=NOW)
    page = organizer.get(decide_url()).text
    assert "minister@office.example" in page
    assert "new@office.example" in page
    assert "We &lt;b&gt;moved&lt;/b&gt;." in page
    assert Office.objects.get().email == "minister@office.example", "looking changes nothing"

    decide(organizer, "used")

    assert Office.objects.get().email == "new@office.example"
    action = OfficeAction.objects.get()
    assert (action.outcome, action.settled_by.username) == ("used", "olga")
    assert card_of(organizer) == ({}, [])


def test_an_address_that_was_set_aside_is_never_written_to(organizer, token):
    office_pages.propose_address(token, NEW_ADDRESS, other=False, now=NOW)

    decide(organizer, "aside")
    page = decide(organizer, "used").text

    assert "Somebody has decided already" in page
    assert Office.objects.get().email == "minister@office.example"


def test_another_office_changes_nothing_by_itself(organizer, token):
    words = OfficeWords(name="Interior Minister", email="interior@office.example")
    office_pages.propose_address(token, words, other=True, now=NOW)

    decide(organizer, "used")

    assert Office.objects.get().email == "minister@office.example"
    assert card_of(organizer) == ({}, [])


def test_a_box_that_does_not_open_changes_nothing_and_says_so(organizer, token):
    office_pages.propose_address(token, NEW_ADDRESS, other=False, now=NOW)
    OfficeAction.objects.update(box=b"nothing")

    page = decide(organizer, "used").text

    assert "nothing was changed" in page
    assert Office.objects.get().email == "minister@office.example"
    assert OfficeAction.objects.waiting().exists()


def test_a_stop_is_seen_on_the_offices_screen_and_can_be_undone(organizer, token):
    office_pages.stop_letters(token, OfficeWords(note="Not our subject."), now=NOW)
    office = Office.objects.get()
    assert not office.active
    screen = organizer.get(reverse("admin:petitions_office_change", args=[office.pk])).text
    assert "asked for no more letters" in screen
    assert "Not our subject." in organizer.get(decide_url()).text

    decide(organizer, "aside")

    assert Office.objects.get().active
    assert card_of(organizer) == ({}, [])


def test_a_stop_that_is_left_stays(organizer, token):
    office_pages.stop_letters(token, OfficeWords(), now=NOW)

    decide(organizer, "used")

    assert not Office.objects.get().active
    assert card_of(organizer) == ({}, [])


def test_an_answer_waits_until_it_is_public(organizer, token):
    office_pages.write_answer(token, "We act.", language="en", now=NOW)
    answer = Answer.objects.get()
    url = reverse("admin:petitions_answer_change", args=[answer.pk])
    assert url in organizer.get(decide_url()).text
    form = {
        "delivery": answer.delivery_id,
        "answered_on": "2026-11-28",
        "language": "en",
        "body": answer.body,
    }

    organizer.post(url, form)
    assert OfficeAction.objects.waiting().exists()
    organizer.post(url, form | {"public": "on"})

    assert Answer.objects.get().public
    assert card_of(organizer) == ({}, [])
    assert "Tell subscribers" in organizer.get(url).text


def test_downloads_are_listed_with_their_letter_and_can_be_allowed_again(organizer, token):
    delivery = Delivery.objects.get()
    page = OfficePage.objects.get()
    office_pages.note_download(page, "signers-ask-1-1.csv", now=NOW)
    url = reverse("admin:petitions_delivery_change", args=[delivery.pk])
    assert "signers-ask-1-1.csv" in organizer.get(url).text

    organizer.post(
        reverse("admin:petitions_delivery_changelist"),
        {"action": "allow_downloads", "_selected_action": [delivery.pk]},
    )

    assert OfficePage.objects.get().extended_until > NOW


def test_who_may_only_look_decides_nothing(helper, token):
    office_pages.propose_address(token, NEW_ADDRESS, other=False, now=NOW)
    browser = helper()

    assert browser.get(reverse(LIST)).status_code == 200
    assert browser.get(decide_url()).status_code == 403
    assert browser.post(decide_url(), {"outcome": "used"}).status_code == 403

    assert Office.objects.get().email == "minister@office.example"


def test_a_form_from_another_site_decides_nothing(organizer, token):
    organizer.handler.enforce_csrf_checks = True
    office_pages.propose_address(token, NEW_ADDRESS, other=False, now=NOW)

    assert organizer.post(decide_url(), {"outcome": "used"}).status_code == 403

    assert Office.objects.get().email == "minister@office.example"


def test_who_reads_an_offices_words_stands_in_the_audit_trail(organizer, token):
    office_pages.confirm_receipt(token, now=NOW)
    silent = OfficeAction.objects.get()
    organizer.get(reverse("admin:petitions_officeaction_change", args=[silent.pk]))
    assert not AuditEntry.objects.exists(), "there is nothing to read"
    office_pages.propose_address(token, NEW_ADDRESS, other=False, now=NOW)
    action = OfficeAction.objects.get(kind=Kind.ADDRESS)

    organizer.get(reverse("admin:petitions_officeaction_change", args=[action.pk]))
    organizer.get(reverse("admin:petitions_officeaction_decide", args=[action.pk]))

    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["read", "read"]
    assert "new@office" not in "".join(each.selection for each in AuditEntry.objects.all())
