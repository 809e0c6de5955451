"""Whatever is sent, the answer is a page in words: never an error of ours, never a reflected script."""

from http import HTTPStatus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petitions.models import Petition, SignRequest
from petitions.models.sealed import Mailing
from tests.makers import make_petition

pytestmark = pytest.mark.django_db
HOSTILE = [
    "\x00",
    "\u202e",
    "\u2028Bcc: eve@mail.example",
    "\r\nBcc: eve@mail.example",
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "{{ 7 * 7 }}{% debug %}",
    "%00%0a",
    "=HYPERLINK(1)",
    "x" * 5000,
    "\ud7ff\ufffe\U0010ffff",
    "İ" * 50,
]
TEXT = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60))
FIELDS = [
    "name",
    "email",
    "country",
    "postcode",
    "comment",
    "visibility",
    "news",
    "also",
    "via",
    "x",
]
HIDDEN = ["understood", "stamp", "proof", "topic"]
FORMS = st.dictionaries(st.sampled_from(FIELDS + HIDDEN), st.lists(TEXT, max_size=3), max_size=9)
UNDERSTOOD = {
    HTTPStatus.OK,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}


@pytest.mark.long
@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(form=FORMS, good=st.booleans())
def test_a_hostile_form_gets_words_and_leaves_nothing_it_should_not(keys, client, form, good):
    if not Petition.objects.exists():
        make_petition()
    base = {"name": "Ann", "email": "ann@mail.example", "country": "LT", "visibility": "officials"}

    response = client.post("/en/petitions/ask-1/", (base if good else {}) | form)

    assert response.status_code in UNDERSTOOD
    assert b"<script>" not in response.content
    for request in SignRequest.objects.all():
        address = Mailing.open(request.mail_box, request_id=request.id).address
        assert address.isprintable()
        assert address.isascii()
        assert address.count("@") == 1
    SignRequest.objects.all().delete()


@pytest.mark.parametrize(
    "path",
    ["/en/petitions/%00/", "/en/confirm/%FF/", "/en/receipt/" + "a" * 4000 + "/", "/en/../etc/"],
)
def test_a_hostile_address_gets_a_page(keys, client, path):
    assert client.get(path).status_code in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}
