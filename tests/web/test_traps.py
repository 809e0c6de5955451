"""What robots do and people don't. Whoever comes by whichever lane sees the same."""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.core.signing import Signer
from django.utils import timezone

from petitions.models import SignRequest
from petitions.web.traps import make_stamp
from tests.forms import stamp_of_a_reader
from tests.makers import make_petition

pytestmark = pytest.mark.django_db
SIGN = "/en/petitions/ask-1/"
GOOD = {"name": "Ann", "email": "ann@mail.example", "country": "LT", "visibility": "officials"}


@pytest.fixture(autouse=True)
def petition(keys):
    return make_petition()


def stamp(**age):
    return make_stamp(timezone.now() - timedelta(**age))


def wait_of(client, **typed):
    """For how long the mail of such a form waits; None where nothing is kept of it."""
    response = client.post(SIGN, GOOD | typed)
    assert response.status_code == HTTPStatus.OK
    request = SignRequest.objects.first()
    SignRequest.objects.all().delete()
    return request and max(request.mail_due_at - timezone.now(), timedelta())


def test_a_reader_does_not_wait(client):
    assert wait_of(client, stamp=stamp(seconds=4)) == timedelta()
    assert wait_of(client, stamp=stamp(hours=23)) == timedelta()


@pytest.mark.parametrize(
    "made",
    [
        lambda: stamp(seconds=1),
        lambda: stamp(hours=25),
        lambda: stamp(hours=-1),
        lambda: "",
        lambda: "1700000000:forged",
        lambda: Signer(salt="another").sign("1700000000"),
        lambda: stamp(seconds=9) + "x",
        lambda: "\x00",
    ],
)
def test_a_form_that_comes_too_fast_too_late_or_with_no_stamp_of_ours_waits_some_minutes(
    client, made
):
    assert timedelta(minutes=3) < wait_of(client, stamp=made()) < timedelta(minutes=8)


def test_the_stamp_on_the_page_is_ours(client):
    page = client.get(SIGN).content.decode()
    (found,) = re.findall(r'name="stamp"\s+value="([^"]+)"', page)

    assert wait_of(client, stamp=found) > timedelta(minutes=3), "nobody is so fast"
    assert int(found.partition(":")[0]) == pytest.approx(timezone.now().timestamp(), abs=3)


def test_who_corrects_a_mistake_keeps_the_stamp_and_who_has_none_gets_one(client):
    read = stamp_of_a_reader()

    again = client.post(SIGN, GOOD | {"email": "ann", "stamp": read}).content.decode()
    other = client.post(SIGN, GOOD | {"email": "ann", "stamp": "mine"}).content.decode()

    assert f'value="{read}"' in again
    (found,) = re.findall(r'name="stamp"\s+value="([^"]+)"', other)
    assert found == make_stamp(timezone.now())[:10] + found[10:]


def test_what_a_robot_filled_in_leaves_nothing(client):
    assert wait_of(client, stamp=stamp_of_a_reader(), topic="Buy now") is None
    assert wait_of(client, stamp=stamp_of_a_reader(), topic="") == timedelta()


def test_the_field_that_nobody_sees_is_out_of_everybodys_way(client):
    page = client.get(SIGN).content.decode()
    (field,) = re.findall(r'<div class="unseen" aria-hidden="true">.*?</div>', page, re.DOTALL)

    assert 'tabindex="-1"' in field
    assert 'autocomplete="off"' in field
    assert "Leave this field empty" in field


def test_every_lane_gets_the_same_answer(client, limits, settings):
    def answer(**typed):
        response = client.post(SIGN, GOOD | typed, REMOTE_ADDR="2600:db8::1")
        return response.status_code, sorted(response.items()), response.content

    reader = answer(stamp=stamp_of_a_reader())
    robot = answer(stamp="")
    honeypot = answer(stamp=stamp_of_a_reader(), topic="x")
    seventh = [answer(stamp=stamp_of_a_reader()) for _ in range(7)][-1]
    settings.FLOOD_REQUESTS_A_MINUTE = 1
    flooded = answer(stamp=stamp_of_a_reader(), proof="x")

    assert reader == robot == honeypot == seventh == flooded
    assert dict(reader[1])["Cache-Control"] == "no-store"
    due = SignRequest.objects.values_list("mail_due_at", flat=True)
    late = sum(each > timezone.now() for each in due)
    assert 2 < late < len(due) - 2, "lanes differ in when the mail goes"


def test_the_answer_is_kept_by_nobody_and_its_title_tells_nothing(client):
    response = client.post(SIGN, GOOD)
    wrong = client.post(SIGN, GOOD | {"email": "ann"})

    assert response["Cache-Control"] == wrong["Cache-Control"] == "no-store"
    title = re.search(r"<title>(.*?)</title>", response.content.decode(), re.DOTALL)[1]
    assert title.strip() == "Five Asks"
    assert "Location" not in response
