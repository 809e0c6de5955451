"""Promises 2 and 7: nobody can ask the site whether a person signed."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from petitions.models import SignRequest
from tests.makers import make_petition, make_signature

pytestmark = pytest.mark.django_db
SIGN = "/en/petitions/ask-1/"


def post(client, address):
    form = {"name": "Ann Lee", "email": address, "country": "LT", "visibility": "officials"}
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.post(SIGN, form)
        page = client.get(response.url)
    verbs = [query["sql"].split(" ", 2)[:2] for query in queries]
    headers = {name: value for name, value in response.items() if name != "Expires"}
    return (response.status_code, headers, response.content, page.content), verbs


def test_new_and_known_addresses_get_the_same_answer_from_the_same_work(client, keys):
    petition = make_petition()
    make_signature(petition, address="known@mail.example")
    post(client, "first@mail.example")

    known = post(client, "known@mail.example")
    new = post(client, "newer@mail.example")

    assert known == new
    assert SignRequest.objects.count() == 3


def test_signing_looks_nobody_up(client, keys, django_assert_num_queries):
    make_petition()
    client.get(SIGN)

    with CaptureQueriesContext(connection) as queries:
        client.post(
            SIGN,
            {
                "name": "Ann Lee",
                "email": "a@mail.example",
                "country": "LT",
                "visibility": "officials",
            },
        )

    assert [query["sql"].split(" ")[:3] for query in queries] == [
        ["INSERT", "INTO", '"petitions_signrequest"']
    ]
