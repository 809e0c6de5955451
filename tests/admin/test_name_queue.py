"""The queue of names: nothing is shown before somebody has looked, and each is decided once."""

import pytest

from petitions.models import AuditEntry, Hold, Signature, Visibility
from petitions.signatures.holds import hold
from tests.makers import make_petition, make_signature

QUEUE = "/admin/petitions/signature/queue/"
NAMES = "/admin/petitions/signature/names/"


@pytest.fixture
def petition(organizer):
    return make_petition()


def public(petition, name, **fields):
    return make_signature(petition, name=name, visibility=Visibility.PUBLIC, **fields)


def decide(client, signature, do):
    return client.post(QUEUE, {"reference": signature.pk, "do": do}, follow=True)


def waiting(client):
    return [each.name for each in client.get(QUEUE).context["waiting"]]


def state(signature):
    signature.refresh_from_db()
    return signature.public_name, signature.name_hidden


def test_public_names_wait_and_no_others(organizer, petition):
    public(petition, "Ann Lee")
    make_signature(petition, name="Bob Canary")

    page = organizer.get(QUEUE)

    assert "Ann Lee" in page.text
    assert "Bob Canary" not in page.text
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.count, entry.selection) == ("read", 1, "names in the queue")


def test_comments_are_not_shown_to_moderators(organizer, petition):
    public(petition, "Ann Lee", comment="Comment canary")

    assert "canary" not in organizer.get(QUEUE).text


def test_one_button_shows_one_hides_and_one_takes_back(organizer, petition):
    ann, bob = public(petition, "Ann Lee"), public(petition, "Nonsense")

    decide(organizer, ann, "show")
    decide(organizer, bob, "hide")

    assert (state(ann), state(bob)) == (("Ann Lee", False), ("", True))
    assert waiting(organizer) == []
    decide(organizer, ann, "undo")
    decide(organizer, bob, "undo")
    assert sorted(waiting(organizer)) == ["Ann Lee", "Nonsense"]
    actions = AuditEntry.objects.exclude(action="read").order_by("id")
    assert list(actions.values_list("action", flat=True)) == ["publish", "hide", "undo", "undo"]


def test_the_page_after_a_decision_offers_to_take_it_back(organizer, petition):
    ann = public(petition, "Ann Lee")

    page = decide(organizer, ann, "show")

    assert "Shown on the site." in page.text
    assert "Take the last decision back" in page.text


def test_of_two_moderators_the_first_decides(organizer, petition):
    ann = public(petition, "Ann Lee")
    decide(organizer, ann, "hide")

    page = decide(organizer, ann, "show")

    assert "Somebody else has decided" in page.text
    assert state(ann) == ("", True)
    assert not AuditEntry.objects.filter(action="publish").exists()


def test_a_script_is_told_whether_it_was_done(organizer, petition):
    ann = public(petition, "Ann Lee")
    fetch = {"X-Requested-With": "fetch"}

    first = organizer.post(QUEUE, {"reference": ann.pk, "do": "show"}, headers=fetch).json()
    second = organizer.post(QUEUE, {"reference": ann.pk, "do": "show"}, headers=fetch).json()

    assert (first["done"], second["done"]) == (True, False)


def test_who_is_not_public_any_more_is_not_shown(organizer, petition):
    ann = public(petition, "Ann Lee")
    Signature.objects.update(visibility=Visibility.OFFICIALS)

    decide(organizer, ann, "show")

    assert state(ann) == ("", False)


def test_who_is_held_does_not_wait(organizer, petition):
    ann = public(petition, "Ann Lee")
    hold(Signature.objects.all(), why=Hold.Why.OTHER, reason="A script.", by=None)

    assert waiting(organizer) == []
    decide(organizer, ann, "show")
    assert state(ann) == ("", False)


@pytest.mark.parametrize("name", ["Ann\u202eLee", "A" * 101])
def test_what_can_not_be_drawn_can_only_be_hidden(organizer, petition, name):
    ann = public(petition, name)

    decide(organizer, ann, "show")
    assert state(ann) == ("", False)
    decide(organizer, ann, "hide")
    assert state(ann) == ("", True)


def test_a_name_with_a_word_of_the_lists_comes_first_and_is_marked(organizer, petition):
    public(petition, "Ann Lee")
    rude = public(petition, "Sh1t Head")

    page = organizer.get(QUEUE)

    assert [each.name for each in page.context["waiting"]] == ["Sh1t Head", "Ann Lee"]
    assert "Look twice:" in page.text
    decide(organizer, rude, "show")
    assert state(rude) == ("Sh1t Head", False)


def test_a_name_with_a_word_of_the_lists_is_not_shown_in_bulk(organizer, petition):
    ann, rude = public(petition, "Ann Lee"), public(petition, "Sh1t Head")

    organizer.post(NAMES, {"_selected_action": [ann.pk, rude.pk]})

    assert (state(ann), state(rude)) == (("Ann Lee", False), ("", False))


def test_twenty_are_looked_at_at_once_the_oldest_first(organizer, petition):
    for number in range(21):
        public(petition, f"Name {'abcdefghijklmnopqrstu'[number]}")

    page = organizer.get(QUEUE)

    assert len(page.context["waiting"]) == 20
    assert "21 names wait." in page.text


@pytest.mark.parametrize("data", [{"do": "show"}, {"reference": "x", "do": "show"}, {"do": "x"}])
def test_nonsense_is_refused(organizer, petition, data):
    assert organizer.post(QUEUE, data).status_code == 400


def test_who_lacks_the_right_neither_sees_nor_decides(helper):
    ann = public(make_petition(), "Ann Canary")
    browser = helper("read_details", "hold_signature")

    assert browser.get(QUEUE).status_code == 403
    assert browser.post(QUEUE, {"reference": ann.pk, "do": "show"}).status_code == 403
    assert state(ann) == ("", False)
