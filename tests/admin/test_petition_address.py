"""A petition's form: its address, its goal, and words that a browser sends back unchanged."""

import re

from local.html_forms import read_page
from petitions.models import AuditEntry, Petition
from petitions.web.figures import forget_figures
from tests.database import fill_with_the_campaign
from tests.makers import make_petition, make_signature

ADMIN = "/admin/petitions/petition/"


def form(petition, **changes):
    text = petition.texts.get()
    names = ("language", "title", "short_title", "summary", "demand", "body", "letter")
    names += ("letter_subject", "letter_salutation", "outcome", "id")
    words = {f"texts-0-{name}": getattr(text, name) for name in names}
    facts = {name: getattr(petition, name) for name in ("number", "slug", "goal", "batch_days")}
    counts = {"texts-TOTAL_FORMS": 1, "texts-INITIAL_FORMS": 1, "texts-0-petition": petition.pk}
    return words | facts | counts | changes


def test_an_organizer_changes_the_address_and_that_stands_in_the_trail(organizer, client):
    petition = make_petition()

    page = organizer.post(
        f"{ADMIN}{petition.pk}/change/", form(petition, slug="better-name"), follow=True
    )

    assert "Links to the old address lead to the new one" in page.text
    assert AuditEntry.objects.get().selection == "ask-1 → better-name"
    forget_figures()
    assert client.get("/en/petitions/ask-1/").status_code == 301


def test_a_petition_with_all_its_languages_is_saved_as_the_form_shows_it(organizer, client):
    fill_with_the_campaign()
    petition = Petition.objects.get(slug="fair-services")
    for text in petition.texts.all():
        text.body += f"\n\n{'More words. ' * 300}".rstrip()
        text.save()
    words = {text.language: text.body for text in petition.texts.all()}
    page = f"{ADMIN}{petition.pk}/change/"
    shown = read_page(organizer.get(page).text, address=page).form_with("slug")

    typed = shown.filled({"slug": ["fair-banking"]})
    sent = {name: values for name, values in typed.items() if values and name != "initial-slug"}
    answer = organizer.post(page, sent, follow=True)

    assert "Links to the old address lead to the new one" in answer.text
    assert {text.language: text.body for text in petition.texts.all()} == words
    forget_figures()
    assert client.get("/uk/petitions/fair-services/").url.endswith("/uk/petitions/fair-banking/")


def test_another_petitions_old_address_is_refused_in_words(organizer):
    one = make_petition(1)
    one.slug = "better-name"
    one.save()
    two = make_petition(2)

    page = organizer.post(f"{ADMIN}{two.pk}/change/", form(two, slug="ask-1"))

    assert "This address belonged to another petition" in page.text
    assert Petition.objects.get(number=2).slug == "ask-2"


def test_a_goal_that_is_reached_already_warns(organizer):
    petition = make_petition(goal=40)
    for _ in range(3):
        make_signature(petition)

    page = organizer.post(f"{ADMIN}{petition.pk}/change/", form(petition, goal=2), follow=True)

    assert "not above the 3 signatures" in page.text
    assert Petition.objects.get().goal == 2
    assert re.search(r"not above", organizer.get(f"{ADMIN}{petition.pk}/change/").text) is None


def test_the_same_words_from_a_browser_are_no_change(organizer):
    petition = make_petition()
    text = petition.texts.get()
    same = form(petition, **{"texts-0-letter": text.letter.replace("\n", "\r\n")})

    organizer.post(f"{ADMIN}{petition.pk}/change/", same)

    assert petition.texts.get().changed_at == text.changed_at
