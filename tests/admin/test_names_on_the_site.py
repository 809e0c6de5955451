"""Public names: an organizer looks at each before everybody can."""

import pytest

from petitions.models import AuditEntry, Signature, Visibility
from tests.makers import make_petition, make_signature

LIST = "/admin/petitions/signature/"
URL = "/admin/petitions/signature/names/"


def public(visibility=Visibility.PUBLIC, **details):
    petition = Signature.objects.first()
    return make_signature(
        petition.petition if petition else make_petition(), visibility=visibility, **details
    )


def run(client, action, *signatures):
    data = {"action": action, "_selected_action": [each.pk for each in signatures]}
    return client.post(LIST, data, follow=True)


def confirm(client, *signatures):
    return client.post(URL, {"_selected_action": [each.pk for each in signatures]}, follow=True)


def shown_names():
    return sorted(Signature.objects.exclude(public_name="").values_list("public_name", flat=True))


def test_the_page_before_shows_the_names_and_changes_nothing(organizer):
    ann, bob = public(name="Ann O'Neill"), public(name="Боб")

    page = run(organizer, "show_names", ann, bob)

    assert "Ann O&#x27;Neill" in page.text
    assert "Боб" in page.text
    assert shown_names() == []


def test_looking_at_names_stands_in_the_audit_trail(organizer):
    run(organizer, "show_names", public(), public())

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.count) == ("read", 2)


def test_those_that_stay_ticked_are_shown(organizer):
    ann, _bob = public(name="Ann"), public(name="Bob")

    page = confirm(organizer, ann)

    assert shown_names() == ["Ann"]
    assert "1 name is shown on the site." in page.text
    entry = AuditEntry.objects.get()
    assert (entry.user.username, entry.action, entry.count) == ("olga", "publish", 1)
    assert "Ann" not in entry.selection + entry.reason


@pytest.mark.parametrize("visibility", [Visibility.OFFICIALS, Visibility.WITHHELD])
def test_who_is_not_public_is_never_shown(organizer, visibility):
    signature = make_signature(make_petition(), name="Ann Lee", visibility=visibility)

    page = run(organizer, "show_names", signature)
    confirm(organizer, signature)

    assert "Ann Lee" not in page.text
    assert "None of these signers is public and waits to be shown." in page.text
    assert shown_names() == []


def test_the_name_comes_from_the_box_and_not_from_the_form(organizer):
    ann = public(name="Ann")

    organizer.post(URL, {"_selected_action": [ann.pk], "public_name": "Eve", "name": "Eve"})

    assert shown_names() == ["Ann"]


@pytest.mark.parametrize("name", ["Ann\u202eLee", "Ann\nLee", "Ann\0Lee", "A" * 101, ""])
def test_a_name_that_would_draw_other_than_it_is_written_is_not_shown(organizer, name):
    ann = public(name=name)

    page = run(organizer, "show_names", ann)
    confirm(organizer, ann)

    assert "a name that could not be opened, or can't be drawn" in page.text
    assert shown_names() == []


def test_a_damaged_box_is_not_shown(organizer):
    ann, bob = public(name="Ann"), public(name="Bob")
    Signature.objects.filter(pk=ann.pk).update(sig_box=b"no box")

    confirm(organizer, ann, bob)

    assert shown_names() == ["Bob"]


def test_what_is_hidden_is_gone_from_the_site(organizer):
    ann, bob = public(name="Ann"), public(name="Bob")
    confirm(organizer, ann, bob)

    page = run(organizer, "hide_names", ann)

    assert shown_names() == ["Bob"]
    assert "1 name was hidden." in page.text
    assert AuditEntry.objects.filter(action=AuditEntry.Action.HIDE).get().count == 1


def test_of_very_many_a_hundred_are_looked_at_at_once(organizer):
    one = public(name="Ann")
    box = {"sig_box": one.sig_box, "country": "LT", "language": "en", "consent_version": "1"}
    Signature.objects.bulk_create(
        Signature(
            petition=one.petition,
            visibility=Visibility.PUBLIC,
            confirmed_hour=one.confirmed_hour,
            **box,
        )
        for _ in range(102)
    )

    page = organizer.post(
        LIST, {"action": "show_names", "_selected_action": [one.pk], "select_across": "1"}
    )

    assert len(page.context["rows"]) == 100
    assert "3 more wait after these." in page.text


@pytest.mark.parametrize("may", [(), ("read_details", "export_signature")])
def test_who_lacks_the_right_neither_sees_nor_shows(helper, may):
    browser = helper(*may)
    ann = public(name="Ann Canary")

    page = run(browser, "show_names", ann)

    assert "Ann Canary" not in page.text
    assert confirm(browser, ann).status_code == 403
    assert shown_names() == []


def test_who_has_the_right_sees_the_names_of_who_chose_to_be_public_and_no_others(helper):
    ann, bob = public(name="Ann"), public(name="Bob Canary", visibility=Visibility.OFFICIALS)
    browser = helper("publish_name")

    page = run(browser, "show_names", ann, bob)
    confirm(browser, ann, bob)

    assert "Ann" in page.text
    assert "Bob Canary" not in page.text
    assert shown_names() == ["Ann"]


def test_the_page_is_not_opened_without_a_choice(organizer):
    assert organizer.get(f"{URL}?name=waiting")["Location"] == f"{LIST}?name=waiting"
