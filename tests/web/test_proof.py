"""The proof of work: offered in a flood, worth one mail, and nothing if it is made up."""

import base64
import json
import time
from datetime import timedelta
from http import HTTPStatus

import altcha
import pytest
from django.test import RequestFactory
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from petitions.signatures import flood
from petitions.web import proof
from petitions.web.limits import turn_of
from petitions.web.proof import make_challenge, read_proof
from tests.forms import stamp_of_a_reader
from tests.makers import make_petition

SIGN = "/en/petitions/ask-1/"


@pytest.fixture
def flooded(limits):
    limits.set(flood.FLOOD, 1)
    flood.look_anew()
    return limits


@pytest.fixture
def easy(monkeypatch):
    """One try in sixteen fits."""
    monkeypatch.setattr(proof, "PREFIX", "0")


def solve(challenge):
    return altcha.Payload(challenge, altcha.solve_challenge(challenge)).to_base64()


def waits(solved="", *, address="127.0.0.1", stamp=None):
    form = {"stamp": stamp_of_a_reader() if stamp is None else stamp, "proof": solved}
    now = timezone.now()
    request = RequestFactory().post(SIGN, form, REMOTE_ADDR=address)
    at = turn_of(request.POST, request.META, now=now).mail_at
    return at > now


def test_who_solves_it_does_not_wait_and_who_shows_it_again_does(flooded, easy):
    solved = solve(make_challenge())

    assert waits()
    assert not waits(solved)
    assert waits(solved)
    assert not waits(solve(make_challenge()))


def test_it_also_opens_the_way_behind_an_address_that_many_share(flooded, easy):
    for _ in range(60):
        waits(solve(make_challenge()), address="8.8.4.4")
    flooded.delete(flood.FLOOD)
    for _ in range(60):
        waits(address="8.8.4.4")

    assert waits(address="8.8.4.4")
    assert not waits(solve(make_challenge()), address="8.8.4.4")


def test_one_house_gets_five_mails_whatever_its_machines_solve(flooded, easy):
    late = [waits(solve(make_challenge()), address=f"2600:db8::{number}") for number in range(8)]

    assert late == [False] * 5 + [True] * 3


def test_it_makes_good_for_a_form_that_came_like_a_robots(limits, easy):
    assert waits(stamp="")
    assert not waits(solve(make_challenge()), stamp="")


def payload(challenge, **solution):
    return base64.b64encode(
        json.dumps({"challenge": challenge, "solution": solution}).encode()
    ).decode()


def test_a_made_up_proof_is_worth_nothing(easy, monkeypatch):
    challenge = make_challenge()
    solution = altcha.solve_challenge(challenge)
    right = {"counter": solution.counter, "derivedKey": solution.derived_key}
    ours = challenge.to_dict()
    easier = ours | {"parameters": ours["parameters"] | {"keyPrefix": "", "cost": 1}}
    foreign = altcha.create_challenge("PBKDF2/SHA-256", 1, key_prefix="0", hmac_secret="not ours")

    assert read_proof(payload(ours, **right)) is not None
    for forged in (
        payload(ours, **right | {"counter": solution.counter + 1}),
        payload(ours, **right | {"counter": -1}),
        payload(ours, **right | {"counter": 2**40}),
        payload(ours, **right | {"counter": "0"}),
        payload(ours, **right | {"derivedKey": "00" * 32}),
        payload(ours, **right | {"derivedKey": None}),
        payload(easier, **right),
        payload(ours | {"signature": ""}, **right),
        payload({"parameters": ours["parameters"]}, **right),
        payload([], **right),
        payload({"parameters": []}, **right),
        solve(foreign),
        base64.b64encode(b"[" * 1400).decode(),
        "x" * 3000,
        "ё",
    ):
        assert read_proof(forged) is None

    monkeypatch.setattr(proof, "LIFE_SECONDS", -1)
    assert read_proof(solve(make_challenge())) is None


@settings(max_examples=300, deadline=None)
@given(
    typed=st.one_of(
        st.text(max_size=60),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["challenge", "solution", "parameters", "counter", "derivedKey"]
                    ),
                    inner,
                )
            ),
            max_leaves=8,
        ).map(lambda shape: base64.b64encode(json.dumps(shape).encode()).decode()),
    )
)
def test_whatever_stands_in_the_field_is_no_proof_and_no_error(typed):
    assert read_proof(typed) is None


def test_challenges_are_given_in_a_flood_only_and_kept_nowhere(client, flooded):
    response = client.get("/en/proof/")

    assert response.status_code == HTTPStatus.OK
    assert "no-store" in response["Cache-Control"]
    assert response.json()["parameters"]["keyPrefix"] == "000"
    assert response.json()["parameters"]["expiresAt"] > time.time() + 3000
    flooded.delete(flood.FLOOD)
    flood.look_anew()
    assert client.get("/en/proof/").status_code == HTTPStatus.NO_CONTENT
    assert client.post("/en/proof/").status_code == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.django_db
def test_the_page_tells_of_the_wait_and_brings_the_script_in_a_flood_only(client, keys, flooded):
    make_petition()
    page = client.get(SIGN).content.decode()

    assert "the mail may take ten minutes" in page
    assert 'data-proof="/en/proof/"' in page
    assert "proof" in page.partition("<script")[2]

    flooded.delete(flood.FLOOD)
    flood.look_anew()
    wrong = client.post(SIGN, {}).content.decode()
    assert "ten minutes" not in wrong
    assert "proof" not in wrong


def test_checking_a_proof_costs_us_next_to_nothing(show):
    challenge = make_challenge()
    wrong = payload(challenge.to_dict(), counter=1, derivedKey="00" * 32)
    began = time.perf_counter()
    for _ in range(100):
        read_proof(wrong)
    each = (time.perf_counter() - began) / 100
    show(f"checking a wrong proof: {1000 * each:.2f} ms")

    assert each < 0.01
    assert timedelta(seconds=proof.LIFE_SECONDS) <= timedelta(hours=1)
