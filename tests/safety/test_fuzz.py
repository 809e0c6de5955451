"""Thousands of hostile requests to every address: words for each, and nothing that was typed."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from fuzz.by_wsgi import ask
from fuzz.judging import faults
from fuzz.requests import make_request, numbered_request
from fuzz.writing import AT_THE_DOOR, MAY_BE_WRITTEN, more, writes_in_this_transaction
from petitions.models import SignRequest
from petitions.models.sealed import Mailing
from tests.wsgi import the_tests_connection

REQUESTS = 2_000
SHRUNK = 200
SEED = "the suite"


@pytest.mark.django_db
def test_no_hostile_request_gets_more_than_words(application, site, five_asks, keys, show):
    before = writes_in_this_transaction()
    found, kinds, statuses = [], Counter(), Counter()
    with the_tests_connection():
        for number in range(REQUESTS):
            request = numbered_request(site, seed=SEED, number=number)
            answer = ask(application, request, site)
            statuses[answer.status] += 1
            wrong = faults(request, answer, site)
            kinds.update(wrong)
            found += [f"{number} {request.line[:200]}: {each}" for each in wrong]
    written = more(before, writes_in_this_transaction())

    show(f"{REQUESTS} hostile requests by WSGI: {dict(sorted(statuses.items()))}")
    assert found == [], kinds
    assert written.keys() <= MAY_BE_WRITTEN.keys() | AT_THE_DOOR.keys()
    assert written["petitions_signrequest"] == SignRequest.objects.count()
    for each in SignRequest.objects.all():
        address = Mailing.open(each.mail_box, request_id=each.id).address
        assert address.isprintable()
        assert address.isascii()
        assert address.count("@") == 1


@pytest.mark.django_db
@effort(
    max_examples=SHRUNK,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(chance=st.randoms(use_true_random=False))
def test_the_smallest_request_that_gets_more_is_shown(application, site, five_asks, keys, chance):
    request = make_request(chance, site)
    with the_tests_connection():
        answer = ask(application, request, site)

    assert faults(request, answer, site) == [], request
