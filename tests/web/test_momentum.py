"""What the pages tell of a campaign that moves: where signers live, what was delivered."""

import re

import pytest
from django.utils import timezone
from django_countries import countries

from petitions.delivery.batches import close_batch
from petitions.models import Answer, Delivery, Page, PetitionUpdate, Signature, Tally, Visibility
from petitions.web.figures import FEWEST_NAMED
from petitions.web.tile_map import PLACES, tile_map
from tests.makers import make_office, make_petition, make_signature

pytestmark = pytest.mark.django_db


@pytest.fixture
def petition(keys):
    Page.objects.create(slug="home", language="en", title="Home", lead="Why.", body="Because.")
    return make_petition()


def page(client, path):
    return re.sub(r"\s+", " ", client.get(path).content.decode())


# --- Where signers live


def test_a_country_with_few_signers_is_counted_and_not_named(client, petition):
    Tally.objects.change(petition_ids=[petition.pk], country="LT", by=FEWEST_NAMED)
    Tally.objects.change(petition_ids=[petition.pk], country="BY", by=FEWEST_NAMED - 1)

    home = page(client, "/en/")

    assert "<span>Lithuania</span> <b>5</b>" in home
    assert "Belarus</span>" not in home
    assert ">LT</text>" in home
    assert ">BY</text>" not in home
    assert "4 more signatures come from countries with fewer than 5" in home


def test_each_tile_is_a_country_of_its_own():
    assert len(set(PLACES.values())) == len(PLACES) > 190
    assert set(PLACES) - {code for code, _ in countries} <= {"XK"}


def test_tiles_darken_with_the_number_of_signers():
    shades = {tile.code: tile.shade for tile in tile_map({"LT": 1, "PL": 30, "DE": 100}).tiles}

    assert shades["LT"] < shades["PL"] < shades["DE"]
    assert tile_map({}).tiles == []


def test_a_public_name_stands_once_on_the_home_page(client, petition):
    for each in (petition, make_petition(2)):
        signature = make_signature(each, visibility=Visibility.PUBLIC)
        Signature.objects.filter(pk=signature.pk).update(public_name="Zoë Lee")

    assert page(client, "/en/").count("Zoë Lee") == 1


def test_the_home_page_has_the_latest_updates_of_public_asks(client, petition):
    draft = make_petition(2, state="draft")
    for number, each in enumerate((petition, draft), 1):
        PetitionUpdate.objects.create(
            petition=each, language="en", happened_on=timezone.now(), title=f"News {number}"
        )

    home = page(client, "/en/")

    assert "News 1" in home
    assert "News 2" not in home


# --- What was delivered


@pytest.fixture
def delivered(petition):
    """A letter to two offices, which one has got."""
    make_office(petition, name="Minister")
    make_office(petition, name="Secretary")
    make_signature(petition)
    batch = close_batch(petition, now=timezone.now())
    first = batch.deliveries.filter(office__name="Minister")
    first.update(state=Delivery.State.SENT, sent_at=timezone.now())
    return batch


def test_pages_tell_how_far_a_letter_has_come(client, delivered):
    assert "It has reached 1 of 2 offices." in page(client, "/en/petitions/ask-1/")
    assert "to 1 of 2 offices" in page(client, "/en/petitions/ask-1/letters/")
    assert "Letters delivered: 1, to offices: 1" in page(client, "/en/")


def test_public_answers_are_shown_and_others_are_not(client, delivered):
    delivery = delivered.deliveries.get(office__name="Minister")
    for body, public in (("We *shall* vote for it.", True), ("Between us.", False)):
        Answer.objects.create(
            delivery=delivery, answered_on=timezone.now(), body=body, public=public
        )

    letters = page(client, "/en/petitions/ask-1/letters/")

    assert "We <em>shall</em> vote for it." in letters
    assert "Between us." not in letters


def test_before_the_first_letter_the_page_says_where_it_will_go(client, petition):
    make_office(petition, name="Minister")

    letters = page(client, "/en/petitions/ask-1/letters/")

    assert "No letter has gone out yet" in letters
    assert "Minister" in letters


def test_a_draft_has_no_letters_page(client, petition):
    make_petition(2, state="draft")

    assert client.get("/en/petitions/ask-2/letters/").status_code == 404
