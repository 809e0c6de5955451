"""Organizers approve first letters, pause and resume, and see who gets what today."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import AuditEntry, Delivery, Office, Pause, Petition
from tests.delivery.claiming import claim_one
from tests.makers import make_office, make_petition, make_signature

PETITIONS = "/admin/petitions/petition/"
PAUSES = "/admin/petitions/pause/"
TODAY = "/admin/petitions/delivery/today/"
REASON = "The minister resigned."


@pytest.fixture
def petition(db, keys):
    petition = make_petition(approved=False)
    make_office(petition)
    make_signature(petition)
    close_batch(petition, now=timezone.now())
    return petition


def approve(client, *petitions):
    ticked = [petition.pk for petition in petitions]
    form = {"action": "approve_letters", "_selected_action": ticked}
    return client.post(PETITIONS, form, follow=True)


def pause(client, **form):
    return client.post(f"{PAUSES}add/", {"petition": "", "office": "", "reason": REASON, **form})


def trail():
    lines = AuditEntry.objects.order_by("id")
    return [(each.action, each.selection, each.reason) for each in lines]


# --- Approval


def test_an_organizer_approves_a_petitions_letters_and_they_go(organizer, petition):
    assert claim_one() is None
    assert "go out only once somebody has read and approved" in organizer.get("/admin/").text

    page = approve(organizer, petition)

    assert "The letters of 1 petition go out from now on." in page.text
    assert Petition.objects.get().letters_approved_by == User.objects.get()
    assert trail() == [("approve", "1. ask-1", "")]
    assert "go out only once somebody" not in organizer.get("/admin/").text
    assert claim_one() == Delivery.objects.get()


def test_what_is_approved_is_not_approved_again(organizer, petition):
    approve(organizer, petition)
    before = Petition.objects.values().get()

    page = approve(organizer, petition)

    assert "The letters of 0 petitions" in page.text
    assert Petition.objects.values().get() == before
    assert len(trail()) == 1


def test_a_helper_without_the_permission_approves_nothing(helper, petition):
    approve(helper("change_petition"), petition)
    assert Petition.objects.get().letters_approved_at is None

    approve(helper_again(helper, "approve_letters"), petition)
    assert Petition.objects.get().letters_approved_at is not None


def helper_again(helper, *may):
    User.objects.filter(username="hanna").update(username="hedda")
    return helper(*may)


def test_nobody_approves_by_the_petitions_form(organizer, petition):
    page = organizer.get(f"{PETITIONS}{petition.pk}/change/").text

    assert 'name="letters_approved_at' not in page
    assert 'name="batch_signatures"' in page


# --- Pauses


def test_a_pause_holds_letters_back_until_it_ends_and_both_stand_in_the_audit_trail(
    organizer, petition
):
    approve(organizer, petition)

    pause(organizer, petition=petition.pk)

    held = Pause.objects.get()
    assert (held.petition, held.office, held.by) == (petition, None, User.objects.get())
    assert claim_one() is None
    for url in ("/admin/", TODAY):
        text = organizer.get(url).text
        assert "Paused: 1. ask-1, since" in text
        assert REASON in text
        assert f"{PAUSES}{held.pk}/delete/" in text

    organizer.post(f"{PAUSES}{held.pk}/delete/", {"post": "yes"})

    assert claim_one() is not None
    assert trail()[1:] == [("pause", "1. ask-1", REASON), ("resume", "1. ask-1", REASON)]
    assert "Paused:" not in organizer.get("/admin/").text


def test_everything_is_paused_and_pauses_end_in_bulk(organizer, petition):
    pause(organizer)
    pause(organizer, office=Office.objects.get().pk)
    assert "Paused: all letters" in organizer.get("/admin/").text

    ticked = [each.pk for each in Pause.objects.all()]
    form = {"action": "delete_selected", "_selected_action": ticked, "post": "yes"}
    organizer.post(PAUSES, form)

    assert not Pause.objects.exists()
    assert sorted((action, what) for action, what, _ in trail()) == [
        ("pause", "Minister, Ministry"),
        ("pause", "all letters"),
        ("resume", "Minister, Ministry"),
        ("resume", "all letters"),
    ]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"reason": "so"}, "at least 10 characters"),
        ({"reason": ""}, "This field is required."),
        ({"petition": "both", "office": "both"}, "Choose a petition or an office"),
        ({"petition": "both"}, "These letters are paused already."),
    ],
)
def test_a_pause_needs_a_reason_and_one_thing_that_is_not_paused(organizer, petition, form, words):
    Pause.objects.create(petition=petition, reason=REASON, by=User.objects.get())
    both = {"petition": petition.pk, "office": Office.objects.get().pk}

    page = pause(organizer, **{k: both[k] if v == "both" else v for k, v in form.items()})

    assert words in page.text
    assert Pause.objects.count() == 1
    assert trail() == []


def test_a_helper_who_may_only_look_pauses_and_resumes_nothing(helper, petition):
    browser = helper()
    held = Pause.objects.create(reason=REASON, by=User.objects.get())

    assert pause(browser, petition=petition.pk).status_code == 403
    assert browser.post(f"{PAUSES}{held.pk}/delete/", {"post": "yes"}).status_code == 403

    assert Pause.objects.get() == held
    assert "petitions/pause/add" not in browser.get(TODAY).text


# --- Today


def test_the_page_of_today_says_who_gets_what_and_leads_to_pauses(organizer, petition):
    make_signature(petition)

    text = " ".join(organizer.get(TODAY).text.split())

    for words in ("Title of ask 1", "Minister, Ministry", "English", "must approve the first"):
        assert words in text
    office = Office.objects.get()
    for of in (f"petition={petition.pk}", f"office={office.pk}"):
        assert f"{PAUSES}add/?{of}" in text
    chosen = organizer.get(f"{PAUSES}add/?office={office.pk}")
    assert chosen.context["adminform"].form["office"].value() == str(office.pk)

    approve(organizer, petition)
    assert "Nothing: it goes now." in organizer.get(TODAY).text


def test_only_who_may_see_letters_sees_today(helper, petition):
    browser = helper()
    User.objects.get().user_permissions.clear()

    assert browser.get(reverse("admin:petitions_delivery_today")).status_code == 403
