"""Deliveries: what the mail server said, and another try for what failed."""

import re
from base64 import b64encode
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from petitions.delivery.batches import close_batch
from petitions.models import Batch, Delivery, DeliveryEvent
from tests.makers import make_office, make_petition, make_signature

URL = "/admin/petitions/delivery/"


@pytest.fixture
def delivery(organizer):
    petition = make_petition()
    make_office(petition)
    make_signature(petition)
    close_batch(petition, now=timezone.now())
    return Delivery.objects.get()


def settle(delivery, state):
    Delivery.objects.filter(pk=delivery.pk).update(
        state=state,
        tries=3,
        reply="550 5.1.1 No such user",
        due_at=timezone.now() - timedelta(days=2),
    )


def try_again(client, delivery):
    return client.post(URL, {"action": "try_again", "_selected_action": [delivery.pk]}, follow=True)


def test_a_delivery_shows_state_tries_and_the_mail_servers_words(organizer, delivery):
    settle(delivery, Delivery.State.FAILED)

    in_list = organizer.get(URL).text
    page = organizer.get(f"{URL}{delivery.pk}/change/").text

    for text in (in_list, page):
        assert "failed" in text
        assert "550 5.1.1 No such user" in text
    assert delivery.message_id.strip("<>") in page


def test_what_failed_is_tried_again_with_the_same_message_id(organizer, delivery):
    settle(delivery, Delivery.State.FAILED)

    page = try_again(organizer, delivery)

    tried = Delivery.objects.get()
    assert (tried.state, tried.tries, tried.put_off_for) == (Delivery.State.READY, 0, timedelta(0))
    assert tried.message_id == delivery.message_id
    assert timezone.now() - tried.due_at < timedelta(minutes=1)
    assert "1 letter will be tried again." in page.text
    assert "olga lets it be tried again." in organizer.get(f"{URL}{delivery.pk}/change/").text


@pytest.mark.parametrize("state", [each for each in Delivery.State if each != "failed"])
def test_what_has_not_failed_stays_as_it_is(organizer, delivery, state):
    settle(delivery, state)
    before = Delivery.objects.values().get()

    try_again(organizer, delivery)

    assert Delivery.objects.values().get() == before


def test_a_deliverys_page_shows_its_history_newest_last_and_lets_nobody_change_it(
    organizer, helper, delivery
):
    for number, words in enumerate(["451 Later", "452 No room", "250 Taken"], 1):
        DeliveryEvent.objects.create(
            delivery=delivery, state=Delivery.State.READY, try_number=number, words=words
        )

    for browser in (organizer, helper()):
        page = browser.get(f"{URL}{delivery.pk}/change/").text
        places = [page.index(words) for words in ("451 Later", "452 No room", "250 Taken")]
        assert places == sorted(places)
        assert "<input" in page
        assert not re.search(r'name="events-\d+-(at|state|try_number|words|DELETE)"', page)


def test_what_was_put_off_is_counted_on_the_first_page_and_listed(organizer, delivery):
    assert "tried, and put off" not in organizer.get("/admin/").text
    settle(delivery, Delivery.State.READY)

    page = organizer.get("/admin/").text

    assert "tried, and put off" in page
    url = f"{URL}?state__exact=ready&tries__gt=0"
    assert url.replace("&", "&amp;") in page
    assert len(organizer.get(url).context["cl"].result_list) == 1


def test_a_helper_who_may_only_look_tries_nothing_again(helper, delivery):
    settle(delivery, Delivery.State.FAILED)

    try_again(helper(), delivery)

    assert Delivery.objects.get().state == Delivery.State.FAILED


def test_a_batch_leads_to_its_deliveries_and_signatures(organizer, delivery):
    text = organizer.get("/admin/petitions/batch/").text

    assert "0 of 1 sent" in text
    for url in (
        f"{URL}?batch__id__exact={delivery.batch_id}",
        f"/admin/petitions/signature/?batch={delivery.batch_id}",
    ):
        assert url in text
        assert len(organizer.get(url).context["cl"].result_list) == 1


def test_a_batch_shows_what_its_letters_say_of_the_public_log(organizer, delivery):
    head = Batch.objects.get().head
    root = escape(b64encode(head.root).decode())

    pages = [
        organizer.get("/admin/petitions/batch/").text,
        organizer.get(f"/admin/petitions/batch/{delivery.batch_id}/change/").text,
    ]

    for page in pages:
        assert f"2 leaves, root {root}" in page


def test_letters_that_wait_for_the_public_log_are_told_in_words(organizer, delivery):
    today, first_page = reverse("admin:petitions_delivery_today"), reverse("admin:index")
    words = "Batches whose letters wait for the public log"
    assert "the public log must first say" not in organizer.get(today).text
    assert words not in organizer.get(first_page).text
    Batch.objects.update(head=None)

    assert "the public log must first say what is in the letter" in organizer.get(today).text
    (need,) = [
        need for need in organizer.get(first_page).context["needs"] if need.words.startswith(words)
    ]
    assert (need.count, need.urgent) == (1, True)
    assert "waits; its letters wait too" in organizer.get(need.url).text

    Delivery.objects.update(state=Delivery.State.SENT)
    assert words not in organizer.get(first_page).text
