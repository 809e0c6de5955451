"""Beyond its room the site answers at once, in words, and loses nothing that was typed."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from urllib.parse import urlencode

import pytest
from django.core.handlers.wsgi import WSGIHandler

from local.html_forms import read_page
from petitions.web import waiting_room
from petitions.web.waiting_room import WAIT, WORKED_ON, WaitingRoom
from tests.processes import until
from tests.wsgi import ask

FORM = "/uk/petitions/ask-1/"


class BusySite:
    """Django, of which everything but its own pages of the waiting room takes until `done`."""

    def __init__(self):
        self.django = WSGIHandler()
        self.done = threading.Event()
        self.begun = threading.Semaphore(0)
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        if "/busy/" in environ["PATH_INFO"]:
            return self.django(environ, start_response)
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.begun.release()
        self.done.wait(10)
        with self.lock:
            self.at_once -= 1
        if environ["PATH_INFO"] == "/fails/":
            raise RuntimeError
        start_response("200 OK", [])
        return [b"served"]


@pytest.fixture
def full():
    """A room whose desks and seats are all taken, and the readers who took them."""
    site = BusySite()
    room = WaitingRoom(site)
    with ThreadPoolExecutor(WORKED_ON + WAIT) as readers:
        taken = [readers.submit(ask, room, "/en/") for _ in range(WORKED_ON + WAIT)]
        for _ in range(WORKED_ON):
            assert site.begun.acquire(timeout=5)
        until(lambda: len(room._desks._waiting) == WAIT, seconds=5)
        yield room, site, taken
        site.done.set()


def test_who_finds_no_room_is_told_at_once_when_to_come_again(full, db):
    room, _site, _taken = full

    answer = ask(room, "/en/petitions/ask-1/")

    assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer.headers["Retry-After"] == "10"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" in answer.headers
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    assert "can’t be shown just now" in answer.text


def test_what_was_typed_waits_in_the_page_in_the_readers_language(full, db):
    room, _site, _taken = full
    typed = {"name": 'Ann "<b>" Lee', "comment": "Дякую\n& more", "also": "x", "postcode": ""}

    answer = ask(room, FORM, method="POST", body=urlencode(typed).encode())

    page = read_page(answer.text, address=f"http://127.0.0.1{FORM}")
    form = page.form_with("name")
    assert {name: form.fields[name].values[0] for name in typed} == typed
    assert 'lang="uk"' in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize("length", ["", "nonsense", "-5", "99999999999"])
def test_a_form_of_any_length_gets_the_same_page(full, db, length):
    room, _site, _taken = full

    answer = ask(room, FORM, method="POST", body=b"name=Ann", length=length)

    assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE


def test_those_who_wait_are_served_and_never_more_at_once_than_there_are_desks(full):
    _room, site, taken = full

    site.done.set()

    assert {each.result(10).body for each in taken} == {b"served"}
    assert site.most_at_once == WORKED_ON


def test_the_room_is_free_again_whatever_happened_in_it(db):
    site = BusySite()
    site.done.set()
    room = WaitingRoom(site)

    for _ in range(WORKED_ON + WAIT + 1):
        with pytest.raises(RuntimeError):
            ask(room, "/fails/")

    assert ask(room, "/en/").body == b"served"


@pytest.mark.parametrize(
    "path",
    [
        "local/supervisor.py",
        "bench/server.py",
        "deploy/Containerfile",
        "deploy/systemd/five-asks-web.service",
        "deploy/systemd/five-asks-organizer.service",
    ],
)
def test_servers_are_started_with_a_thread_for_each_who_may_wait(settings, path):
    text = (settings.BASE_DIR / path).read_text()
    (threads,) = re.findall(r"--blocking-threads[^0-9]+(\d+)", text)

    assert int(threads) > WORKED_ON + WAIT, "some must be left for pages that are kept"


def test_nobody_waits_for_ever_behind_a_database_that_hangs(full, db, monkeypatch):
    monkeypatch.setattr(waiting_room, "PATIENCE_SECONDS", 0.05)
    site = BusySite()
    room = WaitingRoom(site)
    with ThreadPoolExecutor(WORKED_ON) as readers:
        for _ in range(WORKED_ON):
            readers.submit(ask, room, "/en/")
        for _ in range(WORKED_ON):
            assert site.begun.acquire(timeout=5)

        assert ask(room, "/en/").status == HTTPStatus.SERVICE_UNAVAILABLE
        site.done.set()
