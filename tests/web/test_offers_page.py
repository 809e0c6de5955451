"""The page after a confirmation: one tap for each other ask."""

import re
from http import HTTPStatus

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from local.html_forms import read_page
from petitions.models import Petition, Signature, Tally
from petitions.web import figures, moments
from tests.makers import make_office, make_petition, make_wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def petitions():
    return [make_petition(number) for number in (1, 2, 3)]


@pytest.fixture
def thank_you(client, ask, petitions):
    """The page after the first ask was confirmed."""
    make_office(*petitions, name="Foreign Minister")
    mailing = ask(make_wish(petitions[0]), now=timezone.now())
    link = f"/en/confirm/{mailing.confirm_token}/"
    return client.post(link, {"petitions": [petitions[0].pk]})


def forms_of(response):
    forms = read_page(response.content.decode(), address="http://testserver/").forms
    return [form for form in forms if "sign" in form.fields]


def press(client, form, **headers):
    return client.post(form.action, form.filled({}), headers=headers)


def links_to_pass_on(response):
    """What the field holds that is there to be copied."""
    found = re.findall(
        r'id="address-[^"]*"\s+readonly\s+value="([^"]*)"', response.content.decode()
    )
    return set(found)


def text(response):
    return " ".join(response.content.decode().split())


def test_each_other_ask_stands_there_with_demand_letter_offices_and_conditions(thank_you):
    page = text(thank_you)

    assert len(forms_of(thank_you)) == 2
    for number in (2, 3):
        assert f"We ask for thing {number}." in page
        assert f'href="/en/petitions/ask-{number}/#letter"' in page
        assert f"I agree, and sign: Ask {number}" in page
    assert "Foreign Minister" in page
    assert "A signature shows a political opinion" in page
    assert "We ask for thing 1." not in page


def test_fifty_offices_more_are_not_one_question_more_to_the_database(
    client, ask, petitions, monkeypatch
):
    monkeypatch.setattr(figures, "SECONDS", 1e9)
    monkeypatch.setattr(figures, "PETITIONS_SECONDS", 1e9)

    def questions():
        moments.forget()
        mailing = ask(make_wish(petitions[0]), now=timezone.now())
        with CaptureQueriesContext(connection) as asked:
            link = f"/en/confirm/{mailing.confirm_token}/"
            page = client.post(link, {"petitions": [petitions[0].pk]})
        assert len(forms_of(page)) == 2
        return len(asked)

    make_office(*petitions, name="Minister")
    questions()
    before = questions()
    for number in range(50):
        make_office(*petitions, name=f"Minister {number}")

    assert questions() == before


def test_what_was_signed_can_be_passed_on_without_a_word_that_it_was_signed(client, thank_you):
    assert links_to_pass_on(thank_you) == {f"{settings.SITE_URL}/en/petitions/ask-1/"}

    after_a_tap = press(client, forms_of(thank_you)[0])

    assert links_to_pass_on(after_a_tap) == {f"{settings.SITE_URL}/en/petitions/ask-2/"}
    assert "A petition to read: Title of ask 2" in text(after_a_tap)


def test_where_nothing_was_signed_nothing_is_passed_on(client, ask, petitions):
    mailing = ask(make_wish(petitions[0]), now=timezone.now())
    Petition.objects.update(state=Petition.State.CLOSED)

    page = client.post(f"/en/confirm/{mailing.confirm_token}/", {"petitions": [petitions[0].pk]})

    assert links_to_pass_on(page) == set()


def test_a_tap_signs_and_the_page_keeps_the_other_buttons(client, thank_you, petitions):
    first, _ = forms_of(thank_you)

    page = press(client, first)

    assert "You have signed “Title of ask 2” too." in text(page)
    (last,) = forms_of(page)
    press(client, last)
    assert Signature.objects.count() == 3
    assert Tally.objects.by_petition() == {each.pk: 1 for each in petitions}


def test_a_used_or_invented_button_changes_nothing_and_helps(client, thank_you):
    form, _ = forms_of(thank_you)
    press(client, form)

    for answer in (press(client, form), client.post("/en/asks/", {"sign": "x"})):
        assert answer.status_code == HTTPStatus.OK
        assert "This button works no more" in text(answer)
    assert Signature.objects.count() == 2


def test_new_and_known_signers_see_the_same_answer(client, ask, petitions):
    answers = set()
    for _ in range(2):
        mailing = ask(make_wish(petitions[0]), now=timezone.now())
        link = f"/en/confirm/{mailing.confirm_token}/"
        form, _ = forms_of(client.post(link, {"petitions": [petitions[0].pk]}))
        page = text(press(client, form))
        assert "You have signed “Title of ask 2” too." in page
        answers.add(re.sub(r'value="[\w-]{43}"', "", page))

    assert len(answers) == 1
    assert Tally.objects.by_petition() == {petitions[0].pk: 1, petitions[1].pk: 1}


def test_a_button_on_another_site_signs_nothing(client, thank_you):
    form, _ = forms_of(thank_you)

    answer = press(client, form, **{"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert Signature.objects.count() == 1


def test_opening_the_buttons_address_leads_to_the_asks(client):
    assert client.get("/en/asks/").url == "/en/#asks"
