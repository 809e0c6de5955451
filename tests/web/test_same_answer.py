"""Promises 2 and 7: nobody can ask the site whether a person signed."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from petitions.models import SignRequest
from tests.makers import make_petition, make_signature

pytestmark = pytest.mark.django_db
SIGN = "/en/petitions/ask-1/"
FORM = {"name": "Ann Lee", "country": "LT", "visibility": "officials"}
# What every reader causes to be read once in a moment tells nothing about anybody.
ABOUT_ALL = (
    "petitions_petition",
    "petitions_petitiontext",
    "petitions_tally",
    "petitions_delivery",
)


def post(client, address):
    """The answer, and what the database was asked about people."""
    with CaptureQueriesContext(connection) as queries:
        response = client.post(SIGN, FORM | {"email": address})
    headers = {name: value for name, value in response.items() if name != "Expires"}
    return (response.status_code, headers, response.content), about_people(queries)


def about_people(queries):
    """The statements' first words: verb and table of an INSERT, else all of it."""
    statements = [query["sql"] for query in queries]
    return [
        " ".join(sql.split(" ")[:3]) if sql.startswith("INSERT") else sql
        for sql in statements
        if not any(f'FROM "{table}"' in sql for table in ABOUT_ALL)
    ]


def test_new_and_known_addresses_get_the_same_answer_from_the_same_work(client, keys):
    petition = make_petition()
    make_signature(petition, address="known@mail.example")

    known = post(client, "known@mail.example")
    new = post(client, "newer@mail.example")

    assert known == new
    assert SignRequest.objects.count() == 2


def test_signing_looks_nobody_up(client, keys):
    make_petition()

    _, asked = post(client, "ann@mail.example")

    assert asked == ["INSERT INTO petitions_signrequest"]
