"""What a visitor sees of a petition that ended, of milestones, and of updates that are not out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from petitions.models import Page, Petition, PetitionUpdate
from tests.makers import make_petition, make_signature

pytestmark = pytest.mark.django_db
State = Petition.State
NOW = timezone.now()


@pytest.fixture(autouse=True)
def home():
    return Page.objects.create(slug="home", language="en", title="Home", body="Text.")


def ended(state, outcome=""):
    petition = make_petition()
    petition.texts.update(outcome=outcome)
    petition.state = state
    petition.closed_at = NOW
    petition.save()
    return petition


def make_update(petition, **values):
    facts = {"language": "en", "happened_on": "2026-11-01", "title": "Raised", "body": "*Text*."}
    return PetitionUpdate.objects.create(petition=petition, **facts | values)


@pytest.mark.parametrize(
    ("state", "head"),
    [(State.WON, "Won: what was reached"), (State.CLOSED, "Closed: how it ended")],
)
def test_the_page_says_what_came_of_it_when_and_with_how_many(client, keys, state, head):
    petition = ended(state, "The law was **changed**.")
    for _ in range(2):
        make_signature(petition)
    make_petition(2)

    page = client.get("/en/petitions/ask-1/").text

    assert head in page
    assert "<strong>changed</strong>" in page
    assert f'datetime="{NOW:%Y-%m-%d}"' in page
    assert "<b>2</b> signatures in the end" in page
    for gone in ('id="sign"', "on the way to", "<progress"):
        assert gone not in page
    assert "Asks that are open" in page
    assert "Title of ask 2" in page


def test_without_an_outcome_in_ones_language_the_first_languages_stands_there(client):
    petition = ended(State.WON, "The law was changed.")
    text = petition.texts.get()
    text.pk, text.language, text.outcome = None, "uk", ""
    text.save()

    page = client.get("/uk/petitions/ask-1/").text

    assert '<div class="prose" lang="en"><p>The law was changed.</p>' in page


def test_the_outcome_of_an_open_petition_is_not_shown_yet(client):
    make_petition().texts.update(outcome="The law was changed.")

    assert "The law was changed." not in client.get("/en/petitions/ask-1/").text


PAGES = ["petitions/ask-1/", "", "updates.atom", "petitions/ask-1/updates.atom"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("published_at", [None, NOW + timedelta(hours=1)])
def test_an_update_that_is_not_out_is_nowhere(client, page, published_at):
    make_update(make_petition(), title="Shown", happened_on="2026-10-01")
    make_update(Petition.objects.get(), milestone=True, published_at=published_at)

    found = client.get(f"/en/{page}").text

    assert "Shown" in found
    assert "Raised" not in found


@pytest.mark.parametrize("page", PAGES)
def test_at_its_time_an_update_is_there_without_any_tick(client, page):
    make_update(make_petition(), published_at=NOW - timedelta(seconds=1))

    assert "Raised" in client.get(f"/en/{page}").text


def test_a_milestone_stands_at_the_top_and_at_home(client):
    make_update(make_petition(), milestone=True)
    make_update(Petition.objects.get(), title="Small news", happened_on="2026-11-02")

    page, home = client.get("/en/petitions/ask-1/").text, client.get("/en/").text

    top = page.partition('aria-label="Milestones"')[2].partition("</ol>")[0]
    assert '<a href="#update-2026-11-01"' in " ".join(top.split())
    assert "Small news" not in top
    assert 'id="update-2026-11-01"' in page
    assert home.count('<b class="milestone">') == 1


# --- A preview for those without an account


@pytest.fixture
def draft():
    petition = make_petition(state=State.DRAFT)
    petition.make_preview(now=NOW)
    return petition


def preview_of(client, petition, language="en"):
    return client.get(f"/{language}/preview/{petition.preview_token}/")


def test_a_preview_shows_the_draft_as_it_will_look_and_takes_nothing(client, draft, keys):
    make_update(draft, published_at=None)

    answer = preview_of(client, draft)

    for words in ("Title of ask 1", "Preview, not public", "Raised", "<fieldset class"):
        assert words in answer.text
    assert 'content="noindex, nofollow"' in answer.text
    assert "no-store" in answer["Cache-Control"]
    for gone in ("og:title", 'rel="canonical"', 'id="address-ask-1"'):
        assert gone not in answer.text
    assert client.post(f"/en/preview/{draft.preview_token}/", {}).status_code == 405
    assert client.get("/en/petitions/ask-1/").status_code == 404


def test_a_preview_follows_its_words_at_once(client, draft):
    preview_of(client, draft)
    draft.texts.update(title="A better title")

    assert "A better title" in preview_of(client, draft).text


def test_a_link_without_a_language_leads_to_the_readers(client, draft):
    answer = client.get(f"/preview/{draft.preview_token}/", headers={"accept-language": "pl"})

    assert answer["Location"] == f"/pl/preview/{draft.preview_token}/"
    assert preview_of(client, draft, "pl").status_code == 200


def test_a_wrong_an_ended_an_expired_and_a_replaced_link_are_one_answer(client, draft):
    nothing = client.get("/en/nothing/")
    old = draft.preview_token

    def is_nothing(token):
        answer = client.get(f"/en/preview/{token}/")
        return (answer.status_code, answer.content) == (404, nothing.content)

    assert not is_nothing(old)
    assert is_nothing("x" * len(old))
    draft.make_preview(now=NOW)
    assert is_nothing(old)
    assert not is_nothing(draft.preview_token)
    draft.end_preview()
    assert is_nothing(old)
    assert is_nothing("None")
    draft.make_preview(now=timezone.now() - timedelta(days=14))
    assert is_nothing(draft.preview_token)


def test_a_draft_without_words_in_the_first_language_has_no_preview(client, draft):
    draft.texts.update(language="uk")

    assert preview_of(client, draft).status_code == 404


def test_robots_are_asked_to_leave_previews_alone(client):
    assert "Disallow: /*/preview/" in client.get("/robots.txt").text
