"""The list of signatures: what is in a row, and what narrows it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import Signature, Visibility
from petitions.signatures.suspicions import look_for_suspicions
from tests.admin.conftest import sign_in
from tests.makers import make_petition, make_signature

URL = "/admin/petitions/signature/"


def shown(client, **parameters):
    page = client.get(URL, parameters)
    assert page.status_code == 200
    return set(page.context["cl"].result_list)


@pytest.fixture
def several(organizer):
    one, two = make_petition(1), make_petition(2)
    signatures = {
        "batched": make_signature(one, country="DE"),
        "public": make_signature(two, country="PL", visibility=Visibility.PUBLIC),
        "shown": make_signature(two, country="LT", visibility=Visibility.PUBLIC),
        "alike": make_signature(two, address="anna@mail.example", country="LT"),
        "like": make_signature(two, address="аnna@mail.example", country="LT"),
        "damaged": make_signature(two, country="LT", visibility=Visibility.WITHHELD),
    }
    close_batch(one, now=timezone.now())
    Signature.objects.filter(pk=signatures["shown"].pk).update(public_name="Ann Lee")
    Signature.objects.filter(pk=signatures["damaged"].pk).update(quarantined=True)
    Signature.objects.filter(pk=signatures["like"].pk).update(disposable=True)
    look_for_suspicions(now=timezone.now())
    return signatures


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({}, {"batched", "public", "shown", "alike", "like", "damaged"}),
        ({"country": "DE"}, {"batched"}),
        ({"visibility": "public"}, {"public", "shown"}),
        ({"visibility": "public", "country": "PL"}, {"public"}),
        ({"visibility": "withheld"}, {"damaged"}),
        ({"name": "shown"}, {"shown"}),
        ({"name": "waiting"}, {"public"}),
        ({"batch": "none"}, {"public", "shown", "alike", "like", "damaged"}),
        ({"batch": "any"}, {"batched"}),
        ({"flag": "alike"}, {"alike", "like"}),
        ({"flag": "quarantined"}, {"damaged"}),
        ({"flag": "disposable"}, {"like"}),
    ],
)
def test_a_filter_narrows_the_list(organizer, several, parameters, names):
    assert shown(organizer, **parameters) == {several[name] for name in names}


def test_a_petition_and_a_batch_narrow_the_list(organizer, several):
    batched = Signature.objects.get(pk=several["batched"].pk)

    assert shown(organizer, petition=batched.petition_id) == {batched}
    assert shown(organizer, batch=batched.batch_id) == {batched}


def test_a_row_shows_its_flags(organizer, several):
    text = organizer.get(URL, {"petition": several["public"].petition_id}).text

    assert text.count("look-alike") > 2
    assert "quarantined" in text


def test_a_row_shows_nothing_that_is_sealed(organizer):
    signature = make_signature(make_petition(), name="Ann Lee", address="ann@mail.example")

    text = organizer.get(URL).text

    assert str(signature.pk)[:8] in text
    assert "Ann Lee" not in text
    assert "ann@mail.example" not in text


@pytest.mark.parametrize("length", [4, 8, 13, 36])
def test_the_box_finds_a_reference_by_its_beginning(organizer, several, length):
    wanted = several["public"]

    found = shown(organizer, q=str(wanted.pk)[:length].upper())

    assert wanted in found
    assert {str(each.pk)[:length] for each in found} == {str(wanted.pk)[:length]}


@pytest.mark.parametrize("typed", ["ann@mail.example", "Ann Lee", "' OR 1=1", "x" * 40, "0" * 33])
def test_the_box_finds_nothing_but_references(organizer, typed):
    make_signature(make_petition(), name="Ann Lee", address="ann@mail.example")

    page = organizer.get(URL, {"q": typed})

    assert list(page.context["cl"].result_list) == []
    assert "This box takes references only" in page.text


def test_the_browser_sends_no_address_from_the_box(organizer):
    assert r'pattern="\s*[0-9a-fA-F\-]{1,36}\s*"' in organizer.get(URL).text


def test_a_filter_that_does_not_exist_leads_back_to_the_list(organizer, several):
    assert organizer.get(URL, {"shoe_size": "40"}).status_code == 302
    assert organizer.get(URL, {"country": "nowhere"}).status_code == 200


def test_who_may_see_no_signatures_sees_none(client, keys, django_user_model):
    sign_in(client, django_user_model.objects.create_user("hanna", is_staff=True))

    assert client.get(reverse("admin:petitions_signature_changelist")).status_code == 403
