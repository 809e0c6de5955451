"""How far visitors go is counted: each page that is shown, also from memory, and nothing of whom."""

import threading

import pytest
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client
from django.utils import timezone

from petitions.models import StepFigure
from petitions.models.clock import this_hour
from petitions.signatures.confirm import find_request
from petitions.web import steps
from tests.makers import make_petition, make_wish

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PAGE = "/en/petitions/ask-1/"


@pytest.fixture
def petition(db, keys):
    return make_petition(1)


@pytest.fixture
def browser():
    return Client(headers={"user-agent": FIREFOX, "sec-fetch-site": "same-origin"})


def counted():
    steps.write()
    rows = StepFigure.objects.order_by("petition", "step")
    return {(each.petition.slug, each.step): each.count for each in rows}


def test_each_look_at_a_page_counts(petition, browser):
    for _ in range(5):
        assert browser.get(PAGE).status_code == 200

    assert counted() == {("ask-1", "viewed"): 5}
    assert StepFigure.objects.get().hour == this_hour()


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Googlebot/2.1 (+http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0)",
        "TelegramBot (like TwitterBot)",
        "facebookexternalhit/1.1",
        "WhatsApp/2.23 preview",
        "curl/8.5.0",
        "python-requests/2.32",
        "Mozilla/5.0 HeadlessChrome/126.0",
    ],
)
def test_robots_and_previews_do_not_count(petition, browser, name):
    browser.get(PAGE, headers={"user-agent": name})
    browser.get(PAGE)

    assert counted() == {("ask-1", "viewed"): 1}


@pytest.mark.parametrize(
    "name",
    [
        FIREFOX,
        "Mozilla/5.0 (Linux; Android 14; CUBOT X30) AppleWebKit/537.36 Chrome/126.0 Mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
    ],
)
def test_people_count_whatever_their_browser_is_called(petition, browser, name):
    browser.get(PAGE, headers={"user-agent": name})

    assert counted() == {("ask-1", "viewed"): 1}


def test_what_is_no_look_at_a_petition_does_not_count(petition, browser):
    browser.head(PAGE)
    browser.get("/en/petitions/nothing/")
    browser.get("/en/petitions/ask-1/letters/")
    browser.get("/en/")

    assert counted() == {}


def test_a_form_that_is_sent_and_one_that_is_confirmed_count_for_its_page(petition, browser, ask):
    other = make_petition(2)
    now = timezone.now()
    mailing = ask(make_wish(petition, other), now=now)
    assert find_request(mailing.confirm_token, now=now).petition_ids == [petition.pk, other.pk]
    link = f"/en/confirm/{mailing.confirm_token}/"
    browser.get(link)
    browser.post(link, {"petitions": []})
    assert counted() == {}, "nothing was confirmed"

    browser.post(link, {"petitions": [petition.pk, other.pk]})
    browser.post(link, {"petitions": [petition.pk, other.pk]})

    assert counted() == {("ask-1", "confirmed"): 1}


def test_a_form_with_a_mistake_is_not_one_that_was_sent(petition, browser):
    form = {"name": "Ann Lee", "email": "ann@mail.example", "country": "LT"}
    browser.post(PAGE, {**form, "visibility": "officials", "email": "nothing"})
    assert counted() == {}

    assert browser.post(PAGE, {**form, "visibility": "officials"}).status_code == 200

    assert counted() == {("ask-1", "asked"): 1}


def test_several_processes_add_up(petition, browser):
    browser.get(PAGE)
    counted()
    StepFigure.objects.add({(this_hour(), petition.pk, "viewed"): 40})
    browser.get(PAGE)

    assert counted() == {("ask-1", "viewed"): 42}


def test_threads_lose_no_count(petition):
    def look():
        for _ in range(500):
            steps._counts.add((this_hour(), petition.pk, "viewed"))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counted() == {("ask-1", "viewed"): 2000}


def test_the_request_that_finds_it_due_writes(petition, browser):
    browser.get(PAGE)
    assert not StepFigure.objects.exists()
    steps._counts.written_at -= steps.WRITTEN_EVERY

    browser.get(PAGE)

    assert StepFigure.objects.get().count == 2


def test_what_cannot_be_written_is_kept_for_the_next_time(petition, browser, caplog):
    browser.get(PAGE)
    with connection.execute_wrapper(away):
        steps.write()
    assert "they are kept in memory" in caplog.text

    assert counted() == {("ask-1", "viewed"): 1}


def test_a_petition_that_is_gone_takes_its_counts_along(petition):
    steps.count(StepFigure.Step.VIEWED, petition_id=petition.pk + 1000)
    steps.count(StepFigure.Step.VIEWED, petition_id=petition.pk)

    assert counted() == {("ask-1", "viewed"): 1}


def test_nothing_is_stored_but_an_hour_a_petition_and_a_number():
    names = {field.name for field in StepFigure._meta.get_fields()}

    assert names == {"id", "hour", "petition", "step", "count"}


def away(*_):
    raise OperationalError("the server is away")


class CaptureQueries(list):
    """Every statement that Django sends meanwhile."""

    def __enter__(self):
        self.wrapper = connection.execute_wrapper(self.note)
        self.wrapper.__enter__()
        return self

    def __exit__(self, *what):
        self.wrapper.__exit__(*what)

    def note(self, execute, sql, *rest):
        self.append(sql)
        return execute(sql, *rest)
