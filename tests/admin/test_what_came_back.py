"""What offices sent back, on the organizers' screens."""

import pytest
from django.urls import reverse
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import Answer, AuditEntry, Delivery, Office, Returned
from tests.admin.conftest import sign_in
from tests.makers import make_office, make_petition, make_returned, make_signature

LIST = "admin:petitions_returned_changelist"

OFFICES = "admin:petitions_office_changelist"


@pytest.fixture
def delivery(db, keys):
    petition = make_petition()
    make_office(petition)
    make_signature(petition)
    close_batch(petition, now=timezone.now())
    return Delivery.objects.get()


def needs_of(client):
    """What the overview says a person should see to, of what came back."""
    needs = client.get(reverse("admin:index")).context["needs"]
    ours = [reverse("admin:petitions_returned_changelist"), reverse(OFFICES)]
    return {need.words: need for need in needs if need.url.partition("?")[0] in ours}


def test_the_overview_counts_what_needs_a_person_and_links_to_it(organizer, delivery):
    make_returned(delivery)
    make_returned(delivery, kind=Returned.Kind.AUTO)
    make_returned(None)
    Office.objects.update(active=False, stopped_because="5.1.1 No such user")

    needs = needs_of(organizer)

    assert {words: need.count for words, need in needs.items()} == {
        "Offices stopped by their mail server": 1,
        "Answers that nobody has entered": 1,
        "Mails that came back and were not matched with a letter": 1,
    }
    lists = [organizer.get(each.url).context["cl"].result_count for each in needs.values()]
    assert lists == [1, 1, 1]


def test_an_answer_that_was_entered_waits_no_longer(organizer, delivery):
    make_returned(delivery)
    (need,) = needs_of(organizer).values()
    Answer.objects.create(delivery=delivery, answered_on=timezone.now(), body="We act.")

    assert needs_of(organizer) == {}
    assert organizer.get(need.url).context["cl"].result_count == 0


def test_an_answer_is_read_and_leads_to_entering_it(organizer, delivery):
    returned = make_returned(delivery, text="We act.\n<script>alert(1)</script>")

    page = organizer.get(reverse("admin:petitions_returned_change", args=[returned.pk])).text

    assert "We act.<br>&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "minister@office.example" in page
    assert f"?delivery={delivery.pk}&amp;answered_on=" in page
    assert "We act" not in organizer.get(reverse(LIST)).text, "a list opens no box"


def test_a_mail_that_does_not_open_says_so(organizer, delivery):
    returned = make_returned(delivery)
    Returned.objects.update(box=b"nothing")

    page = organizer.get(reverse("admin:petitions_returned_change", args=[returned.pk])).text

    assert "could not be opened" in page


def test_a_delivery_links_to_what_came_back(organizer, delivery):
    returned = make_returned(delivery)
    url = reverse("admin:petitions_returned_change", args=[returned.pk])

    page = organizer.get(reverse("admin:petitions_delivery_change", args=[delivery.pk])).text

    assert url in page


def test_an_office_says_why_it_was_stopped_until_it_receives_letters_again(organizer, delivery):
    office = delivery.office
    Office.objects.update(active=False, stopped_because="5.1.1 No such user")
    url = reverse("admin:petitions_office_change", args=[office.pk])
    assert "5.1.1 No such user" in organizer.get(url).text
    form = {
        "name": office.name,
        "organisation": office.organisation,
        "country": "LT",
        "email": "new@office.example",
        "language": "en",
        "petitions": [delivery.batch.petition_id],
        "names-TOTAL_FORMS": "0",
        "names-INITIAL_FORMS": "0",
    }

    organizer.post(url, form)
    office.refresh_from_db()
    assert (office.active, office.stopped_because) == (False, "5.1.1 No such user")
    organizer.post(url, form | {"active": "on"})

    office.refresh_from_db()
    assert (office.active, office.email, office.stopped_because) == (
        True,
        "new@office.example",
        "",
    )


def test_who_may_not_see_what_came_back_is_not_told_of_it(client, delivery, django_user_model):
    make_returned(delivery)
    sign_in(client, django_user_model.objects.create_user("hanna", is_staff=True))

    assert needs_of(client) == {}


def test_who_reads_what_came_back_stands_in_the_audit_trail(organizer):
    returned = make_returned()
    organizer.get("/admin/petitions/returned/")
    assert not AuditEntry.objects.exists()

    organizer.get(reverse("admin:petitions_returned_change", args=[returned.pk]))

    entry = AuditEntry.objects.get()
    assert (entry.user.username, entry.action) == ("olga", "read")
    assert str(returned.pk) in entry.selection
