"""Good forms are answered in front of Django, and nobody can tell but by the time it takes."""

import gzip
from http import HTTPStatus
from urllib.parse import urlencode

import pytest
from django.core.handlers.wsgi import WSGIHandler

from petitions.models import SignRequest, TurnedAway
from petitions.web import traps
from petitions.web.figures import forget_figures
from petitions.web.moments import FRESH_SECONDS
from petitions.web.sign_desk import SignDesk
from tests.forms import stamp_of_a_reader
from tests.makers import make_petition
from tests.wsgi import ask

SIGN = "/en/petitions/ask-1/"
FORM = {
    "name": "Ann Lee",
    "email": "ann@mail.example",
    "country": "LT",
    "visibility": "officials",
}


@pytest.fixture
def petition(db, keys):
    return make_petition()


class Django:
    """The real one, with a count of what reached it."""

    def __init__(self):
        self.handler = WSGIHandler()
        self.asked = 0

    def __call__(self, environ, start_response):
        self.asked += 1
        return self.handler(environ, start_response)


@pytest.fixture
def django(petition):
    return Django()


@pytest.fixture
def desk(django, clock):
    return SignDesk(django)


def sign(desk, path=SIGN, headers=None, **typed):
    body = urlencode(FORM | {"stamp": stamp_of_a_reader()} | typed, doseq=True).encode()
    return ask(
        desk, path, method="POST", body=body, **{"Sec_Fetch_Site": "same-origin"} | (headers or {})
    )


def test_the_second_signer_gets_what_the_first_got_and_django_never_hears_of_it(desk, django):
    first = sign(desk)
    second = sign(desk, email="bo@mail.example")

    assert first.status == HTTPStatus.OK
    assert second == first
    assert django.asked == 1
    assert SignRequest.objects.count() == 2


def test_the_answer_is_the_one_that_django_gives_alone(desk):
    sign(desk)
    forget_figures()
    alone = sign(WSGIHandler(), email="bo@mail.example")

    at_the_desk = sign(desk, email="cy@mail.example")

    assert at_the_desk.body == alone.body
    assert {**at_the_desk.headers, "Content-Length": ""} == {**alone.headers, "Content-Length": ""}
    assert at_the_desk.headers["Cache-Control"] == "no-store"


def test_what_is_kept_is_what_was_typed(desk):
    sign(desk)
    sign(desk, path="/uk/petitions/ask-1/", email="bo@mail.example")

    sign(
        desk,
        path="/uk/petitions/ask-1/",
        email="cy@mail.example",
        country="DE",
        visibility="withheld",
    )

    kept = SignRequest.objects.get(country="DE")
    assert (kept.language, kept.visibility, kept.sig_boxes) == ("uk", "withheld", None)


def test_several_asks_at_once(desk, petition):
    other = make_petition(number=2)
    forget_figures()
    sign(desk)

    sign(desk, email="bo@mail.example", also=[other.slug])

    request = SignRequest.objects.get(petition_ids__len=2)
    assert request.petition_ids == [petition.pk, other.pk]
    assert len(request.sig_boxes) == 2


@pytest.mark.parametrize(
    "typed",
    [{"email": "nonsense"}, {"country": "XX"}, {"name": "\0"}, {"visibility": ""}],
    ids=["address", "country", "name", "visibility"],
)
def test_a_form_with_a_mistake_comes_back_with_what_was_typed(desk, typed):
    sign(desk)

    answer = sign(desk, comment="Keep <me>", **typed)

    assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Keep &lt;me&gt;" in answer.text
    assert SignRequest.objects.count() == 1


def test_a_form_from_another_site_is_refused(desk):
    sign(desk)

    answer = sign(desk, headers={"Sec_Fetch_Site": "cross-site"})

    assert answer.status == HTTPStatus.FORBIDDEN
    assert SignRequest.objects.count() == 1


def test_another_name_of_the_site_is_asked_of_django(desk):
    sign(desk)

    answer = sign(desk, headers={"Host": "evil.example"})

    assert answer.status == HTTPStatus.BAD_REQUEST
    assert SignRequest.objects.count() == 1


def test_a_closed_petition_takes_no_more(desk, petition):
    sign(desk)
    type(petition).objects.filter(pk=petition.pk).update(state="closed")
    forget_figures()

    answer = sign(desk, email="bo@mail.example")

    assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert SignRequest.objects.count() == 1


def test_a_petition_that_moved_sends_its_signers_on(desk, petition):
    sign(desk)
    petition.slug = "new-name"
    petition.save()
    forget_figures()

    assert sign(desk).status in {HTTPStatus.PERMANENT_REDIRECT, HTTPStatus.MOVED_PERMANENTLY}


def test_who_filled_in_what_nobody_sees_gets_the_same_answer_and_no_mail(desk):
    first = sign(desk)

    robot = sign(desk, **{traps.HONEYPOT: "me"})

    assert robot == first
    assert SignRequest.objects.count() == 1
    assert TurnedAway.objects.exists()


def test_a_body_that_is_too_long_or_of_another_kind_is_asked_of_django(desk, django, settings):
    sign(desk)
    before = django.asked

    too_long = sign(desk, comment="x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1))
    too_many = ask(desk, SIGN, method="POST", body=b"&".join([b"a=1"] * 3000))

    assert too_long.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert too_many.status == HTTPStatus.BAD_REQUEST
    assert django.asked == before + 2
    assert SignRequest.objects.count() == 1


def test_what_no_browser_sends_is_asked_of_django(desk, django):
    sign(desk)
    before = django.asked
    body = urlencode(FORM | {"stamp": stamp_of_a_reader()}) + "&comment=Зупиніть війну"

    answer = ask(desk, SIGN, method="POST", body=body.encode(), Sec_Fetch_Site="same-origin")

    assert answer.status == HTTPStatus.OK
    assert django.asked == before + 1
    assert SignRequest.objects.count() == 2


def test_without_a_key_at_the_desk_nothing_typed_is_lost(desk, keys):
    sign(desk)
    (keys.directory / "public" / "active.json").unlink()

    answer = sign(desk, comment="Keep me.")

    assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer.headers["Retry-After"] == "10"
    assert 'value="Keep me."' in answer.text
    assert SignRequest.objects.count() == 1


def test_some_seconds_later_django_is_asked_anew(desk, django, clock):
    sign(desk)
    clock.now += FRESH_SECONDS
    sign(desk, email="bo@mail.example")

    assert django.asked == 2


def test_each_browser_gets_what_it_can_read(desk):
    plain = sign(desk)
    packed = sign(desk, headers={"Accept_Encoding": "gzip"}, email="bo@mail.example")

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
