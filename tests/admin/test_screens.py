"""Every screen opens, and its list costs the same however much is in it."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import (
    Answer,
    AuditEntry,
    Batch,
    Delivery,
    NewsItem,
    Office,
    Page,
    Partner,
    Pause,
    Petition,
    PetitionUpdate,
    Returned,
    Signature,
    TurnedAway,
    Visibility,
)
from tests.makers import make_office, make_petition, make_returned, make_signature

LISTS = [
    Petition,
    Office,
    Page,
    Partner,
    Signature,
    Batch,
    Delivery,
    Returned,
    Answer,
    NewsItem,
    AuditEntry,
    Pause,
]


def fill_every_list(client, number):
    """One more of everything, each with relations of its own."""
    petition = make_petition(number)
    PetitionUpdate.objects.create(
        petition=petition, language="en", happened_on=timezone.now(), title="News", body="Text."
    )
    office = make_office(petition, name=f"Minister {number}")
    signature = make_signature(petition, visibility=Visibility.PUBLIC)
    signature.partner = Partner.objects.create(code=f"partner-{number}", name=f"Partner {number}")
    signature.save(update_fields=["partner"])
    batch = close_batch(petition, now=timezone.now())
    delivery = batch.deliveries.get()
    make_returned(delivery)
    answer = Answer.objects.create(delivery=delivery, answered_on=timezone.now(), body="We act.")
    Page.objects.create(slug=f"page-{number}", language="en", title="Page", body="Text.")
    user_id = int(client.session["_auth_user_id"])
    NewsItem.objects.create(
        answer=answer, told_at=timezone.now(), told_by_id=user_id, recipients=number
    )
    AuditEntry.objects.record(
        user=User.objects.get(pk=user_id), action=AuditEntry.Action.READ, count=1
    )
    Pause.objects.create(office=office, reason="It moves house.", by_id=user_id)


def list_url(model):
    return reverse(f"admin:petitions_{model._meta.model_name}_changelist")


def queries_of(client, url):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(url)
    assert response.status_code == 200
    return len(queries)


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.model_name)
def test_a_list_asks_the_database_as_often_for_three_rows_as_for_one(organizer, model):
    fill_every_list(organizer, 1)
    for_one = queries_of(organizer, list_url(model))
    fill_every_list(organizer, 2)
    fill_every_list(organizer, 3)

    assert queries_of(organizer, list_url(model)) == for_one


def test_the_first_page_asks_the_database_as_often_for_three_petitions_as_for_one(organizer):
    fill_every_list(organizer, 1)
    for_one = queries_of(organizer, reverse("admin:index"))
    fill_every_list(organizer, 2)
    fill_every_list(organizer, 3)

    assert queries_of(organizer, reverse("admin:index")) == for_one


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.model_name)
def test_what_is_in_a_list_opens(organizer, model):
    fill_every_list(organizer, 1)
    name = model._meta.model_name

    response = organizer.get(
        reverse(f"admin:petitions_{name}_change", args=[model.objects.get().pk])
    )

    assert response.status_code == 200
    assert "View on site" not in response.text


@pytest.mark.parametrize("model", [Signature, Batch, Delivery, Returned, AuditEntry])
def test_what_comes_from_elsewhere_is_added_changed_and_deleted_by_nobody(organizer, model):
    fill_every_list(organizer, 1)
    row = model.objects.get()
    before = model.objects.filter(pk=row.pk).values().get()
    name = f"admin:petitions_{model._meta.model_name}"

    answers = [
        organizer.post(reverse(f"{name}_add"), {}),
        organizer.post(reverse(f"{name}_change", args=[row.pk]), {"reason": "x", "count": "7"}),
        organizer.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}),
    ]
    organizer.post(
        list_url(model),
        {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"},
    )

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert model.objects.filter(pk=row.pk).values().get() == before


def test_the_first_page_shows_where_each_ask_stands(organizer):
    petition = make_petition(1, goal=4)
    make_office(petition)
    make_signature(petition)
    close_batch(petition, now=timezone.now())
    make_signature(petition)

    page = organizer.get(reverse("admin:index"))

    (standing,) = page.context["standings"]
    assert (standing.title, standing.line.total, standing.waiting) == ("Title of ask 1", 2, 1)
    assert standing.percent == 50
    assert [(state, count) for state, count, _url in page.context["letters"]] == [("ready", 1)]


def test_the_side_shows_a_helper_only_what_a_helper_may_open(helper):
    page = helper().get(reverse("admin:index"))

    shown = [
        str(item["title"])
        for group in page.context["sidebar_navigation"]
        for item in group["items"]
    ]
    assert "Signatures" in shown
    assert "Find a person" not in shown
    for group in page.context["sidebar_navigation"]:
        for item in group["items"]:
            assert page.client.get(item["link"]).status_code == 200


def test_a_stranger_sees_the_login_and_nothing_else(client, db, keys):
    for name in ["index", "petitions_signature_changelist", "petitions_export_add"]:
        response = client.get(reverse(f"admin:{name}"))

        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")


def test_the_first_page_shows_how_many_forms_were_turned_away_and_why(organizer):
    page = organizer.get(reverse("admin:index")).content.decode()
    assert "No form was turned away." in page

    for _ in range(1234):
        TurnedAway.objects.add(TurnedAway.Why.NETWORK, now=timezone.now())

    page = " ".join(organizer.get(reverse("admin:index")).content.decode().split())
    assert "Their network had mails waiting for two days <strong>1,234</strong>" in page
    assert "No form was turned away." not in page
