"""A petition's address changes, and no link to it breaks."""

import re

import pytest
from django.conf import settings
from django.utils import timezone

from petitions.content import load_campaign
from petitions.models import Petition, PetitionUpdate, Signature, SignRequest
from petitions.web.figures import forget_figures
from petitions.web.urls import urlpatterns
from tests.makers import make_petition, make_wish

FORM = {"name": "Bo", "email": "bo@mail.example", "country": "LT", "visibility": "officials"}


def rename(petition, slug):
    petition.slug = slug
    petition.save(update_fields=["slug"])
    forget_figures()


def pages_with_a_slug():
    patterns = [str(each.pattern) for each in urlpatterns]
    return [each.replace("<slug:slug>", "{}") for each in patterns if "<slug:slug>" in each]


@pytest.mark.parametrize("page", pages_with_a_slug())
@pytest.mark.parametrize("language", ["en", "uk"])
def test_each_page_under_the_old_address_leads_to_the_new_one_for_good(client, db, page, language):
    rename(make_petition(), "better-name")

    answer = client.get(f"/{language}/{page.format('ask-1')}", {"via": "friends", "server": "a.b"})

    assert answer.status_code == 301
    path = answer["Location"].partition("?")[0]
    assert path == f"/{language}/{page.format('better-name')}"


def test_an_address_without_a_language_leads_there_too(client, db):
    rename(make_petition(), "better-name")

    answer = client.get("/petitions/ask-1/", follow=True, headers={"accept-language": "de"})

    assert answer.redirect_chain == [
        ("/de/petitions/ask-1/", 302),
        ("/de/petitions/better-name/", 301),
    ]


def test_a_form_that_was_open_while_the_address_changed_arrives(client, keys, db):
    rename(make_petition(), "better-name")

    answer = client.post("/en/petitions/ask-1/", FORM)
    assert (answer.status_code, answer["Location"]) == (308, "/en/petitions/better-name/")
    client.post(answer["Location"], FORM)

    assert SignRequest.objects.count() == 1


def test_after_two_changes_both_old_addresses_lead_to_the_newest(client, db):
    petition = make_petition()
    rename(petition, "second")
    rename(petition, "third")

    for old in ("ask-1", "second"):
        assert client.get(f"/en/petitions/{old}/")["Location"] == "/en/petitions/third/"


def test_a_petition_may_take_its_own_old_address_back(client, db):
    petition = make_petition()
    rename(petition, "second")
    rename(petition, "ask-1")

    assert client.get("/en/petitions/ask-1/").status_code == 200
    assert client.get("/en/petitions/second/")["Location"] == "/en/petitions/ask-1/"


def test_a_draft_was_never_public_and_leaves_no_address(client, db):
    rename(make_petition(state=Petition.State.DRAFT), "better-name")

    assert client.get("/en/petitions/ask-1/").status_code == 404


def test_an_address_of_what_became_a_draft_again_says_nothing(client, db):
    petition = make_petition()
    rename(petition, "better-name")
    Petition.objects.update(state=Petition.State.DRAFT)
    forget_figures()

    for slug in ("ask-1", "better-name"):
        assert client.get(f"/en/petitions/{slug}/").status_code == 404


def test_a_feed_reader_sees_no_old_news_as_new(client, db):
    petition = make_petition()
    PetitionUpdate.objects.create(
        petition=petition, language="en", happened_on="2026-11-01", title="News", body="Text."
    )

    def names(slug):
        feed = client.get(f"/en/petitions/{slug}/updates.atom").text
        return re.findall("<id>(.*?)</id>", feed)

    before = names("ask-1")
    rename(petition, "better-name")

    assert before == names("better-name")
    assert len(before) == 2


def test_a_button_of_a_receipt_that_was_open_still_means_its_ask(client, ask, db):
    petition = make_petition()
    mailing = ask(make_wish(petition), now=timezone.now())
    client.post(f"/en/confirm/{mailing.confirm_token}/", {"petitions": [petition.pk]})
    assert Signature.objects.count() == 1
    rename(petition, "better-name")

    client.post(f"/en/receipt/{mailing.withdraw_token}/", {"do": "withdraw", "ask": "ask-1"})

    assert Signature.objects.count() == 0


def test_loading_the_campaign_again_knows_a_petition_by_its_number(db):
    load_campaign(settings.CONTENT_DIR)
    petition = Petition.objects.get(number=1)
    first = petition.slug
    rename(petition, "better-name")

    report = load_campaign(settings.CONTENT_DIR)

    assert report.created == []
    assert Petition.objects.get(number=1).slug == "better-name"
    load_campaign(settings.CONTENT_DIR, overwrite=True)
    assert Petition.objects.get(number=1).slug == first
    assert Petition.objects.get(number=1).slugs == {first, "better-name"}
