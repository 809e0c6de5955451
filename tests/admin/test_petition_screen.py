"""Petitions, offices and pages: what organizers write."""

import pytest
from django.utils import timezone

from petitions.models import Office, Page, Petition
from tests.makers import make_office, make_petition, make_signature

URL = "/admin/petitions/petition/"

TEXT = {
    "language": "en",
    "title": "A new ask",
    "short_title": "New",
    "summary": "About it.",
    "demand": "We ask.",
    "body": "# Why\n\nBecause.",
    "letter_subject": "About it",
    "letter_salutation": "Dear {office},",
    "letter": "Please.",
}


def form(*, texts=(), **petition):
    """What the petition's page posts."""
    data = {
        "number": 7,
        "slug": "new-ask",
        "goal": 100,
        "batch_days": 7,
        **petition,
    }
    data |= {"texts-TOTAL_FORMS": len(texts), "texts-INITIAL_FORMS": 0}
    for number, row in enumerate(texts):
        data |= {f"texts-{number}-{name}": value for name, value in row.items()}
    return data


def test_a_new_petition_is_a_draft_with_its_text_whatever_state_was_sent(organizer):
    organizer.post(f"{URL}add/", form(state="open", texts=[TEXT]))

    petition = Petition.objects.get()
    assert petition.state == "draft"
    assert petition.texts.get().title == "A new ask"


def test_a_draft_needs_no_text(organizer):
    organizer.post(f"{URL}add/", form())

    assert Petition.objects.get().state == "draft"
    assert organizer.get(URL).status_code == 200


def test_a_page_for_everybody_needs_words(organizer):
    petition = make_petition()
    text = petition.texts.get()
    gone = form(number=1, slug="ask-1", texts=[TEXT | {"id": text.pk, "DELETE": "on"}])

    page = organizer.post(f"{URL}{petition.pk}/change/", gone | {"texts-INITIAL_FORMS": 1})

    assert "Only a draft may be without a text" in page.text
    assert petition.texts.count() == 1


def test_a_faulty_text_is_shown_again_and_not_stored(organizer):
    page = organizer.post(f"{URL}add/", form(texts=[TEXT | {"title": ""}]))

    assert page.status_code == 200
    assert Petition.objects.count() == 0


def test_the_list_shows_title_state_count_and_goal(organizer):
    petition = make_petition(1, goal=40)
    for _ in range(3):
        make_signature(petition)

    page = organizer.get(URL)

    (row,) = page.context["cl"].result_list
    assert row.signed == 3
    for words in ("Title of ask 1", "open", "40"):
        assert words in page.text


@pytest.mark.parametrize(("state", "answer"), [("draft", 200), ("open", 403), ("won", 403)])
def test_only_a_draft_can_be_deleted(organizer, state, answer):
    petition = make_petition(state=state)

    assert organizer.get(f"{URL}{petition.pk}/delete/").status_code == answer


def test_offices_are_found_by_country_ask_and_name(organizer):
    one, two = make_petition(1), make_petition(2)
    minister = make_office(one, country="LT")
    commissioner = make_office(two, name="High Commissioner", country="")

    def found(**parameters):
        return list(organizer.get("/admin/petitions/office/", parameters).context["cl"].result_list)

    assert found(country="LT") == [minister]
    assert found(country="-") == [commissioner]
    assert found(petitions__id__exact=two.pk) == [commissioner]
    assert found(q="commiss") == [commissioner]
    assert set(found()) == {minister, commissioner}


def test_an_office_is_stored_with_the_asks_that_were_ticked_and_its_other_names(organizer):
    one, _two = make_petition(1), make_petition(2)

    organizer.post(
        "/admin/petitions/office/add/",
        {
            "name": "Minister",
            "organisation": "Ministry",
            "country": "LT",
            "email": "minister@office.example",
            "language": "en",
            "petitions": [one.pk],
            "active": "on",
            "names-TOTAL_FORMS": 1,
            "names-INITIAL_FORMS": 0,
            "names-0-language": "uk",
            "names-0-name": "Міністр",
            "names-0-organisation": "Міністерство",
        },
    )

    office = Office.objects.get()
    assert list(office.petitions.all()) == [one]
    assert office.named_in("uk").name == "Міністр"
    assert office.named_in("lt").name == "Minister"


def test_a_page_is_edited(organizer):
    page = Page.objects.create(slug="safety", language="en", title="Safety", body="Old.")

    organizer.post(
        f"/admin/petitions/page/{page.pk}/change/",
        {"slug": "safety", "language": "en", "title": "Safety", "lead": "", "body": "New."},
    )

    assert Page.objects.get().body == "New."


def test_the_history_says_who_changed_a_page(organizer):
    page = Page.objects.create(slug="safety", language="en", title="Safety", body="Old.")
    organizer.post(
        f"/admin/petitions/page/{page.pk}/change/",
        {"slug": "safety", "language": "en", "title": "Safety", "lead": "", "body": "New."},
    )

    history = organizer.get(f"/admin/petitions/page/{page.pk}/history/").text

    assert "olga" in history
    assert str(timezone.now().year) in history


def test_when_a_petition_ended_is_known_until_it_opens_again(db):
    petition = make_petition()
    assert petition.closed_at is None

    petition.state = Petition.State.WON
    petition.save(update_fields=["state"])
    petition.refresh_from_db()
    ended = petition.closed_at
    petition.goal = 7
    petition.save()

    assert ended is not None
    assert Petition.objects.get().closed_at == ended
    petition.state = Petition.State.OPEN
    petition.save()
    assert Petition.objects.get().closed_at is None
