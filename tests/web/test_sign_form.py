"""A supporter fills in the form, well and badly."""

import re
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from petitions.models import Petition, Signature, SignRequest, Visibility
from petitions.models.sealed import Details, Mailing
from petitions.models.signature import signature_id
from petitions.web import figures
from petitions.web.figures import forget_figures
from tests.makers import make_office, make_petition, make_signature

pytestmark = pytest.mark.django_db
SIGN = "/en/petitions/ask-1/"
GOOD = {
    "name": "Ann Lee",
    "email": "ann@mail.example",
    "country": "LT",
    "visibility": "officials",
}


@pytest.fixture(autouse=True)
def petitions(keys):
    return [make_petition(number) for number in (1, 2)]


def errors_on(response):
    """Field name and error, as the summary at the top links them."""
    summary = re.search(r'role="alert".*?</ul>', response.content.decode(), re.DOTALL)
    return dict(re.findall(r'href="#id_(\w+)"[^>]*>\s*(.*?)\s*</a>', summary[0])) if summary else {}


def test_a_good_form_is_answered_by_the_mail_page(client, petitions):
    response = client.post(SIGN, GOOD)

    assert response.status_code == HTTPStatus.OK
    assert "Now check your mail" in response.content.decode()
    request = SignRequest.objects.get()
    assert request.petition_ids == [petitions[0].pk]
    assert Mailing.open(request.mail_box, request_id=request.id).address == "ann@mail.example"
    assert not client.cookies


def test_the_other_asks_are_signed_with_the_same_form(client, petitions):
    client.post(SIGN, GOOD | {"also": ["ask-2"]})

    assert SignRequest.objects.get().petition_ids == [petition.pk for petition in petitions]


def test_names_of_all_scripts_are_welcome(client, petitions):
    for name in ("Святлана", "Žukauskas-Li", "O'Neill", "王小明", "عائشة", "Nguyễn Văn A", "Ó"):
        assert client.post(SIGN, GOOD | {"name": name}).status_code == HTTPStatus.OK

    for request in SignRequest.objects.all():
        reference = signature_id(request.id, petitions[0].pk)
        Details.open(request.sig_boxes[0], petition_id=petitions[0].pk, signature_id=reference)


def test_who_is_only_counted_needs_no_name_and_leaves_none(client):
    data = GOOD | {"name": "", "visibility": "withheld"}

    assert client.post(SIGN, data).status_code == HTTPStatus.OK

    request = SignRequest.objects.get()
    assert (request.visibility, request.sig_boxes) == (Visibility.WITHHELD, None)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Please type your name"),
        ("name", "x" * 101, "Please shorten your name"),
        ("name", "12 34", "with letters in it"),
        ("name", "Buy at www.shop.example", "without links"),
        ("name", "ann@mail.example", "without links"),
        ("name", "Ann\u2028Bcc: x", "invisible character"),
        ("name", "Ann\u202eeeL", "invisible character"),
        ("name", "Ann\x00Lee", "Null characters"),
        ("name", "Ann\x85Lee", "invisible character"),
        ("email", "", "Please type your email address"),
        ("email", "ann", "We can&#x27;t write to this address"),
        ("email", "ann@", "We can&#x27;t write to this address"),
        ("email", "ann@mail", "We can&#x27;t write to this address"),
        ("email", "ann lee@mail.example", "We can&#x27;t write to this address"),
        ("email", "аnn@mail.example", "We can&#x27;t write to this address"),
        ("email", "ann@mail.example\nBcc: eve@mail.example", "We can&#x27;t write to this address"),
        ("email", "a@mail.example, b@mail.example", "We can&#x27;t write to this address"),
        ("email", f"{'a' * 250}@mail.example", "too long"),
        ("country", "", "Please choose the country you live in"),
        ("country", "XX", "Please choose a country from the list"),
        ("postcode", "1" * 17, "A postcode has at most 16 characters"),
        ("postcode", "1\u200b2", "invisible character"),
        ("comment", "x" * 1001, "Please shorten your comment"),
        ("comment", "\u202eevil", "invisible character"),
        ("visibility", "", "Please choose who may see your name"),
        ("visibility", "everybody", "Please choose who may see your name"),
        ("also", ["no-such-ask"], "no longer open"),
    ],
)
def test_each_bad_input_gets_its_own_words_and_nothing_typed_is_lost(client, field, value, words):
    typed = GOOD | {"comment": "Keep what I typed.", "also": ["ask-2"]} | {field: value}

    response = client.post(SIGN, typed)

    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    errors = errors_on(response)
    assert list(errors) == [field] or (field in {"visibility", "also"} and len(errors) == 1)
    assert words in next(iter(errors.values()))
    page = response.content.decode()
    assert page.count(words) >= 2, "in the summary and beside the field"
    if field != "comment":
        assert "Keep what I typed." in page
    if field != "name":
        assert 'value="Ann Lee"' in page
    if field != "also":
        assert re.search(r'value="ask-2"[^>]*checked', page)
    assert not SignRequest.objects.exists()


def test_a_comment_may_have_lines_and_joined_emoji(client):
    comment = "First line.\r\nSecond line. 👩\u200d🔬"

    assert client.post(SIGN, GOOD | {"comment": comment}).status_code == HTTPStatus.OK


def test_an_international_domain_is_understood(client):
    client.post(SIGN, GOOD | {"email": "ann@пример.example"})

    request = SignRequest.objects.get()
    address = Mailing.open(request.mail_box, request_id=request.id).address
    assert address == "ann@xn--e1afmkfd.example"


@pytest.mark.parametrize("state", [Petition.State.CLOSED, Petition.State.WON])
def test_a_petition_that_is_over_has_a_page_and_no_form(client, petitions, state):
    Petition.objects.filter(number=1).update(state=state)

    assert b'method="post"' not in client.get(SIGN).content
    assert client.post(SIGN, GOOD).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not SignRequest.objects.exists()


def test_a_draft_has_no_page(client):
    Petition.objects.filter(number=1).update(state=Petition.State.DRAFT)

    assert client.get(SIGN).status_code == HTTPStatus.NOT_FOUND


def test_the_page_shows_what_is_signed_and_who_reads_it(client, petitions):
    make_office(petitions[0], name="Foreign Minister")

    page = client.get(SIGN).content.decode()

    for words in ("Title of ask 1", "Please do the thing.", "Foreign Minister", "Title of ask 2"):
        assert words in page


def queries_of_a_page(client):
    forget_figures()
    with CaptureQueriesContext(connection) as queries:
        client.get(SIGN)
    return len(queries)


def test_a_page_costs_the_same_queries_with_one_and_with_many_offices_and_names(
    client, petitions, monkeypatch
):
    # Else some pages read them twice.
    monkeypatch.setattr(figures, "SECONDS", 60)

    def add(number):
        make_office(petitions[0], name=f"Minister {number}")
        signature = make_signature(petitions[0], visibility=Visibility.PUBLIC)
        Signature.objects.filter(pk=signature.pk).update(public_name=f"Name {number}")

    add(0)
    with_one = queries_of_a_page(client)
    for number in range(1, 8):
        add(number)

    # Petitions, their words and old addresses, tallies by petition, of held ones and by country,
    # letters delivered; of this one updates, offices, what they are called, names and the last
    # letter; and whether there is a share picture to name in the head.
    assert with_one == queries_of_a_page(client) == 13


def test_a_form_from_another_site_is_refused(client):
    refused = client.post(SIGN, GOOD, headers={"Sec-Fetch-Site": "cross-site"})
    older = client.post(SIGN, GOOD, headers={"Origin": "https://evil.example"})
    own = client.post(SIGN, GOOD, headers={"Sec-Fetch-Site": "same-origin"})
    own_older = client.post(SIGN, GOOD, headers={"Origin": "http://testserver"})

    # With "Referrer-Policy: no-referrer" browsers send this for our own forms, too.
    own_nameless = client.post(SIGN, GOOD, headers={"Origin": "null"})
    nameless = client.post(SIGN, GOOD, headers={"Sec-Fetch-Site": "cross-site", "Origin": "null"})

    assert [refused.status_code, older.status_code, nameless.status_code] == [
        HTTPStatus.FORBIDDEN
    ] * 3
    assert [own.status_code, own_older.status_code, own_nameless.status_code] == [HTTPStatus.OK] * 3


def test_a_body_over_64_kilobytes_is_refused(client, settings):
    # As the role `web` has it; where all roles are one, organizers need more.
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024

    response = client.post(SIGN, GOOD | {"comment": "x" * 70_000})

    assert response.status_code in {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    }
    assert not SignRequest.objects.exists()
