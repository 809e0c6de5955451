"""Organizers write down what an office answered."""

import pytest
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import Answer, Delivery
from tests.makers import make_office, make_petition, make_signature

URL = "/admin/petitions/answer/"


@pytest.fixture
def delivery(organizer):
    petition = make_petition()
    make_office(petition, name="Foreign Minister")
    make_signature(petition)
    close_batch(petition, now=timezone.now())
    return Delivery.objects.get()


def typed(delivery, **changes):
    answer = {
        "delivery": delivery.pk,
        "answered_on": "2026-11-20",
        "language": "en",
        "body": "We will *act*.",
        "public": "on",
    }
    return {**answer, **changes}


def test_an_answer_is_added_from_its_letter(organizer, delivery):
    page = organizer.get(f"/admin/petitions/delivery/{delivery.pk}/change/").text
    assert f"{URL}add/?delivery={delivery.pk}" in page

    organizer.post(f"{URL}add/", typed(delivery))

    answer = Answer.objects.public().get()
    assert (answer.delivery, answer.body) == (delivery, "We will *act*.")
    assert "Foreign Minister" in organizer.get(URL).text


def test_a_letter_is_found_by_its_office(organizer, delivery):
    found = organizer.get(
        "/admin/autocomplete/",
        {
            "term": "foreign",
            "app_label": "petitions",
            "model_name": "answer",
            "field_name": "delivery",
        },
    ).json()

    assert [each["id"] for each in found["results"]] == [str(delivery.pk)]


def test_an_answer_is_kept_to_ourselves_until_it_is_made_public(organizer, delivery):
    organizer.post(f"{URL}add/", typed(delivery, public=""))

    assert Answer.objects.count() == 1
    assert not Answer.objects.public().exists()


def test_what_is_missing_is_said(organizer, delivery):
    page = organizer.post(f"{URL}add/", typed(delivery, answered_on="yesterday", body="")).text

    assert "Enter a valid date." in page
    assert "This field is required." in page
    assert not Answer.objects.exists()


def test_a_helper_who_may_only_look_adds_nothing(helper, delivery):
    assert helper().post(f"{URL}add/", typed(delivery)).status_code == 403
    assert not Answer.objects.exists()
