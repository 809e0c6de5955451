"""What was delivered, to whom, and who has answered: the page and its JSON."""

import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import Delivery, Office, OfficeName, Pause, Petition, Returned
from petitions.web.figures import forget_figures
from tests.makers import make_answer, make_office, make_petition, make_returned, make_signature

pytestmark = pytest.mark.django_db
PAGE = "/en/petitions/ask-1/letters/"
JSON = "/en/petitions/ask-1/letters.json"
State = Delivery.State
SENT_AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture
def petition(keys):
    petition = make_petition()
    make_office(petition, name="Minister")
    make_office(petition, name="Secretary", country="")
    return petition


@pytest.fixture
def batch(petition):
    return close(petition)


def close(petition):
    make_signature(petition)
    return close_batch(petition, now=timezone.now())


def to(batch, name, **changes):
    """The delivery to an office, changed."""
    deliveries = batch.deliveries.filter(office__name=name)
    deliveries.update(**changes)
    return deliveries.get()


def rows(client):
    """The cells of the table of offices, by the office's name."""
    forget_figures()
    page = client.get(PAGE).text
    table = page.partition('id="offices-title"')[2].partition("</table>")[0]
    found = {}
    for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)[1:]:
        name, *cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        words = [" ".join(re.sub(r"<[^>]*>", "", cell).split()) for cell in (name, *cells)]
        found[words[0].split()[0]] = words[1:]
    return found


def data(client):
    forget_figures()
    return client.get(JSON).json()


def states(client):
    return {office["name"]: office["state"] for office in data(client)["offices"]}


def test_the_table_has_every_office_with_its_letters_and_how_the_newest_fares(client, batch):
    to(batch, "Minister", state=State.SENT, sent_at=SENT_AT)
    to(batch, "Secretary", tries=2)

    assert rows(client) == {
        "Minister": ["1", "20 November 2026", "delivered"],
        "Secretary": ["0", "–", "delayed, will be tried again"],
    }


def test_the_json_says_the_same_as_the_table(client, petition, batch):
    delivery = to(batch, "Minister", state=State.SENT, sent_at=SENT_AT)
    make_answer(delivery, body="We *act*.", language="lt")
    make_answer(delivery, body="Between us.", public=False)

    found = data(client)

    today = timezone.now().date().isoformat()
    assert found == {
        "language": "en",
        "petition": {
            "number": 1,
            "slug": "ask-1",
            "title": "Title of ask 1",
            "url": "http://127.0.0.1:8000/en/petitions/ask-1/",
            "signatures": 1,
        },
        "letters": [{"number": 1, "closed_on": today, "signatures": 1, "offices": 2, "reached": 1}],
        "offices": [
            {
                "name": "Secretary",
                "organisation": "Ministry",
                "country": None,
                "letters": 0,
                "last_on": None,
                "state": "on-its-way",
                "answers": 0,
            },
            {
                "name": "Minister",
                "organisation": "Ministry",
                "country": "LT",
                "letters": 1,
                "last_on": "2026-11-20",
                "state": "delivered",
                "answers": 1,
            },
        ],
        "answers": [
            {
                "name": "Minister",
                "organisation": "Ministry",
                "letter": 1,
                "answered_on": today,
                "language": "lt",
                "text": "We *act*.",
            }
        ],
    }


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"state": State.SENT, "sent_at": SENT_AT}, "delivered"),
        ({"state": State.READY}, "on-its-way"),
        ({"state": State.SENDING, "tries": 1}, "on-its-way"),
        ({"state": State.COMMITTING, "tries": 3}, "delayed"),
        ({"state": State.READY, "tries": 1}, "delayed"),
        ({"state": State.UNCERTAIN, "tries": 1}, "delayed"),
        ({"state": State.READY, "waits_for_hours": True}, "waits-for-hours"),
        ({"state": State.FAILED, "tries": 1, "reply": "550 No such user"}, "undeliverable"),
    ],
)
def test_what_the_queue_knows_is_said_in_plain_words(client, batch, changes, state):
    to(batch, "Minister", **changes)

    assert states(client) == {"Minister": state, "Secretary": "on-its-way"}
    assert "550" not in client.get(PAGE).text + client.get(JSON).text


def test_a_letter_that_came_back_counts_as_undeliverable(client, batch):
    delivery = to(batch, "Minister", state=State.SENT, sent_at=SENT_AT)
    make_returned(delivery, kind=Returned.Kind.AUTO)
    assert states(client)["Minister"] == "delivered"

    make_returned(delivery, kind=Returned.Kind.HARD)

    assert states(client)["Minister"] == "undeliverable"


def test_what_organizers_hold_back_is_held_and_nobody_reads_why(client, batch, admin_user):
    office = Office.objects.get(name="Minister")
    pause = Pause.objects.create(office=office, reason="Because of secrets.", by=admin_user)
    assert states(client) == {"Minister": "held", "Secretary": "on-its-way"}
    assert "secrets" not in client.get(PAGE).text + client.get(JSON).text

    pause.delete()
    Petition.objects.update(letters_approved_at=None)

    assert states(client) == {"Minister": "held", "Secretary": "held"}


def test_an_office_that_is_stopped_or_new_is_said_to_be_so(client, petition, batch):
    Office.objects.filter(name="Minister").update(active=False)
    make_office(petition, name="Newcomer")

    assert states(client) == {
        "Minister": "stopped",
        "Secretary": "on-its-way",
        "Newcomer": "none",
    }


def test_the_newest_letter_decides(client, petition, batch):
    to(batch, "Minister", state=State.SENT, sent_at=SENT_AT)
    to(close(petition), "Minister", state=State.FAILED)

    (minister,) = [each for each in data(client)["offices"] if each["name"] == "Minister"]
    assert (minister["letters"], minister["state"]) == (1, "undeliverable")


def test_another_petitions_letters_do_not_count_here(client, petition, batch):
    other = make_petition(2)
    Office.objects.get(name="Minister").petitions.add(other)
    to(close(other), "Minister", state=State.SENT, sent_at=SENT_AT)

    assert states(client)["Minister"] == "on-its-way"
    assert data(client)["letters"][0]["reached"] == 0


def test_before_the_first_letter_there_is_data_too(client, petition):
    found = data(client)

    assert (found["letters"], found["answers"]) == ([], [])
    assert {each["state"] for each in found["offices"]} == {"none"}
    page = client.get(PAGE).text
    assert "No letter has gone out yet" in page
    assert "Minister" in page


def test_the_page_names_its_data(client, petition):
    page = client.get(PAGE).text

    assert re.search(rf'<link rel="alternate"\s+type="application/json"\s+href="{JSON}">', page)
    assert f'<a class="alone" href="{JSON}">' in page


def test_any_site_may_read_the_data_and_only_that(client, petition):
    response = client.get(JSON, headers={"Origin": "https://paper.example"})

    assert response["Content-Type"] == "application/json"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "max-age" in response["Cache-Control"]
    assert not response.cookies
    page = client.get(PAGE)
    assert "Access-Control-Allow-Origin" not in page
    assert page["Cross-Origin-Resource-Policy"] == "same-origin"


def test_the_data_is_in_the_language_of_its_address(client, petition, batch):
    OfficeName.objects.create(
        office=Office.objects.get(name="Minister"),
        language="uk",
        name="Міністр",
        organisation="Міністерство",
    )

    response = client.get(JSON.replace("/en/", "/uk/"))

    assert response["Content-Language"] == "uk"
    assert "Міністр" in response.text
    assert response.json()["language"] == "uk"


def test_no_address_and_no_signer_is_in_it(client, petition, batch):
    assert Office.objects.filter(email="minister@office.example").exists()

    for text in (client.get(PAGE).text, client.get(JSON).text):
        assert "office.example" not in text
        assert "Ann Lee" not in text


def test_a_draft_has_neither(client, petition):
    make_petition(2, state="draft")

    for path in ("letters/", "letters.json"):
        assert client.get(f"/en/petitions/ask-2/{path}").status_code == 404


@pytest.mark.parametrize("path", [PAGE, JSON])
def test_it_costs_the_same_queries_with_two_offices_and_with_many(client, petition, path):
    def queries():
        forget_figures()
        with CaptureQueriesContext(
            connection,
        ) as counted:
            assert client.get(path).status_code == 200
        return len(counted)

    make_answer(close(petition).deliveries.get(office__name="Minister"))
    few = queries()
    for number in range(5):
        office = make_office(petition, name=f"Office {number}")
        OfficeName.objects.create(office=office, language="en", name="X", organisation="Y")
    for _ in range(3):
        for delivery in close(petition).deliveries.all():
            make_answer(delivery)

    assert queries() == few
