"""The audit trail is read, and never changed, whoever tries."""

import pytest
from django.contrib.auth.models import User
from django.db.models import ProtectedError

from petitions.models import AuditEntry

URL = "/admin/petitions/auditentry/"


@pytest.fixture
def entry(organizer):
    return AuditEntry.objects.record(
        user=User.objects.get(),
        action=AuditEntry.Action.EXPORT,
        selection="country: Germany",
        count=1234,
        reason="For the meeting in Geneva",
    )


def test_the_list_says_who_what_which_how_many_and_why(organizer, entry):
    text = organizer.get(URL).text

    for words in ("olga", "exported signatures", "country: Germany", "1234", "Geneva"):
        assert words in text


def test_one_entry_opens_and_offers_no_form(organizer, entry):
    text = organizer.get(f"{URL}{entry.pk}/change/").text

    assert "Geneva" in text
    assert 'name="reason"' not in text
    assert 'name="_save"' not in text


@pytest.mark.parametrize("page", ["add/", "{pk}/change/", "{pk}/delete/"])
def test_not_even_who_may_do_everything_changes_it(organizer, entry, page):
    before = AuditEntry.objects.values().get()
    everything = {"user": 1, "action": "read", "count": "1", "reason": "none", "post": "yes"}

    response = organizer.post(URL + page.format(pk=entry.pk), everything)

    assert response.status_code == 403
    assert AuditEntry.objects.values().get() == before


def test_it_is_not_deleted_in_bulk(organizer, entry):
    ticked = {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"}

    organizer.post(URL, ticked)

    assert AuditEntry.objects.count() == 1
    assert "delete_selected" not in organizer.get(URL).text


def test_whoever_has_an_entry_is_not_deleted_with_it(organizer, entry):
    user = User.objects.get()

    organizer.post(f"/admin/auth/user/{user.pk}/delete/", {"post": "yes"})

    assert User.objects.count() == 1
    with pytest.raises(ProtectedError):
        user.delete()
