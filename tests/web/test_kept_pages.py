"""Public pages come from memory, at most two seconds old, and nothing private ever does."""

import gzip
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import brotli
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from petitions.models import Partner, StepFigure
from petitions.web import steps, via
from petitions.web.caching import KEPT
from petitions.web.figures import forget_figures
from petitions.web.kept_pages import FRESH_SECONDS, MOST_PAGES, OLDEST_SECONDS, KeptPages
from petitions.web.via import forget_partners
from tests.makers import make_petition, make_signature
from tests.wsgi import ask

PAGE = "/en/petitions/ask-1/"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@pytest.fixture
def petition(db, keys):
    return make_petition()


@pytest.fixture
def site(petition, clock):
    return KeptPages(WSGIHandler())


def queries_of(do):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        do()
    return len(queries)


def test_the_second_reader_costs_the_database_nothing(site):
    first = ask(site, PAGE)

    assert queries_of(lambda: ask(site, PAGE)) == 0
    assert ask(site, PAGE).body == first.body
    assert ask(site, PAGE).headers == first.headers


def test_a_new_signature_is_on_the_page_a_second_later(site, petition, clock):
    make_signature(petition)
    before = ask(site, PAGE)
    make_signature(petition)
    forget_figures()
    assert ask(site, PAGE).body == before.body

    clock.moves(FRESH_SECONDS)

    after = ask(site, PAGE)
    assert after.body != before.body
    assert after.headers["ETag"] != before.headers["ETag"]


def test_who_has_the_page_gets_no_second_copy(site, clock):
    etag = ask(site, PAGE).headers["ETag"]
    clock.moves(FRESH_SECONDS)

    again = ask(site, PAGE, if_none_match=f'"other", {etag}')

    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == etag
    assert "Content-Length" not in again.headers
    assert ask(site, PAGE, if_none_match='W/"other"').status == 200


def test_proxies_may_keep_it_for_a_moment_only(site):
    assert ask(site, PAGE).headers["Cache-Control"] == (
        "public, max-age=1, stale-while-revalidate=5"
    )


@pytest.mark.parametrize(
    ("accepted", "name", "read"),
    [
        ("gzip", "gzip", gzip.decompress),
        ("gzip, br", "br", brotli.decompress),
        ("br;q=0, identity", None, bytes),
    ],
)
def test_each_browser_gets_the_same_page_in_its_own_compression(site, accepted, name, read):
    whole = ask(site, PAGE)

    packed = ask(site, PAGE, accept_encoding=accepted)

    assert packed.headers.get("Content-Encoding") == name
    assert read(packed.body) == whole.body
    assert int(packed.headers["Content-Length"]) == len(packed.body)
    assert packed.headers["Vary"] == whole.headers["Vary"] == "Accept-Encoding"
    first_of_all = ask(KeptPages(WSGIHandler()), PAGE, accept_encoding=accepted)
    assert first_of_all.headers.get("Content-Encoding") == name


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}card/", "/en/ledger/"])
def test_random_words_behind_the_address_make_no_page(clock, site, path, monkeypatch):
    # Partners are read again after half a second, which a slow machine may take.
    monkeypatch.setattr(via, "SECONDS", 1e9)
    page = ask(site, path)

    assert queries_of(lambda: [ask(site, path, query=f"x={n}&via=no-{n}") for n in range(20)]) <= 1
    assert ask(site, path, query="x=21").body == page.body
    assert len(site._pages) == 1


def test_a_page_is_kept_once_whatever_its_readers_prefer(site):
    for wishes in ("uk", "de", "be-BY,ru;q=0.5", "x" * 900):
        for language in ("uk", "lt"):
            page = ask(site, f"/{language}/ledger/", accept_language=wishes)
            assert f'<html lang="{language}">' in page.text

    assert len(site._pages) == 2


def test_a_root_that_is_looked_up_is_answered_though_its_page_is_kept(site):
    page = ask(site, "/en/ledger/")

    assert ask(site, "/en/ledger/", query="x=1").body == page.body
    for _ in range(2):
        answer = ask(site, "/en/ledger/", query="root=nonsense")
        assert answer.status == 422
        assert b"This is no root" in answer.body
        assert answer.headers["Cache-Control"] != page.headers["Cache-Control"]
    assert ask(site, "/en/ledger/").body == page.body


def test_a_partner_has_a_page_of_its_own(site):
    Partner.objects.create(code="friends", name="Friends")
    forget_partners()
    plain = ask(site, PAGE)

    theirs = ask(site, PAGE, query="via=friends&x=1")

    assert b"friends" in theirs.body
    assert b"friends" not in plain.body
    assert ask(site, PAGE, query="via=friends").body == theirs.body
    assert ask(site, PAGE).body == plain.body


@pytest.mark.parametrize(
    "path",
    [f"/en/receipt/{'x' * 43}/", f"/en/confirm/{'x' * 43}/", "/en/nowhere/", "/en/busy/page/"],
)
def test_what_is_one_persons_or_an_error_is_made_anew(site, path):
    made = []
    inner = site._application

    def counting(environ, start_response):
        made.append(1)
        return inner(environ, start_response)

    site._application = counting
    for _ in range(3):
        assert "max-age=1" not in ask(site, path).headers.get("Cache-Control", "")

    assert len(made) == 3


def test_a_page_that_fails_once_it_is_made_is_an_error_and_is_not_kept(site, monkeypatch):
    def database_is_away():
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(steps, "figures_now", database_is_away)
        failed = ask(site, PAGE)
    assert "Please try again in a moment" in failed.text
    assert failed.status == 503

    assert ask(site, PAGE).status == 200


def test_the_answer_to_a_form_is_never_kept(site):
    ask(site, PAGE)

    sent = ask(site, PAGE, method="POST", body=b"name=Ann", sec_fetch_site="same-origin")

    assert sent.status == 422
    assert b"Ann" not in ask(site, PAGE).body


def test_another_name_of_this_machine_gets_no_page_of_this_one(site):
    ask(site, PAGE)

    assert ask(site, PAGE, host="elsewhere.example").status == 400


def test_looks_are_counted_from_memory_too_but_not_those_of_robots(site, petition):
    for _ in range(3):
        ask(site, PAGE, user_agent=BROWSER)
    ask(site, PAGE, user_agent="Googlebot/2.1")
    ask(site, PAGE)

    steps.write()

    assert StepFigure.objects.get(petition=petition).count == 3


@pytest.mark.django_db(transaction=True)
def test_when_it_is_time_to_write_the_looks_down_no_connection_is_kept(keys, clock, monkeypatch):
    make_petition()
    site = KeptPages(WSGIHandler())
    ask(site, PAGE, user_agent=BROWSER)
    monkeypatch.setattr(steps, "WRITTEN_EVERY", 0)

    assert ask(site, PAGE, user_agent=BROWSER).status == 200

    assert connection.connection is None
    assert StepFigure.objects.get().count == 2


def test_only_so_many_pages_are_kept(site):
    for number in range(MOST_PAGES + 10):
        ask(site, PAGE, host=f"127.0.0.1:{1000 + number}")

    assert len(site._pages) == MOST_PAGES


class SlowPages:
    """An application that takes its time for a page, and counts how often it was asked."""

    def __init__(self):
        self.made = 0
        self.may_answer = threading.Event()
        self.may_answer.set()

    def __call__(self, environ, start_response):
        self.made += 1
        number = self.made
        self.may_answer.wait(5)
        environ[KEPT].is_kept = True
        environ[KEPT].etag = f'W/"{number}"'
        start_response("200 OK", [("Content-Type", "text/html")])
        return Chunks([f"page {number}".encode()])


class Chunks(list):
    def close(self):
        pass


def test_of_fifty_who_come_at_once_one_has_it_made_and_the_others_get_the_old_one(clock):
    django = SlowPages()
    site = KeptPages(django)
    ask(site, "/")
    clock.now += FRESH_SECONDS
    django.may_answer.clear()

    with ThreadPoolExecutor(50) as readers:
        answers = [readers.submit(lambda: ask(site, "/").text) for _ in range(50)]
        until_made(django, 2)
        old = [each.result() for each in answers if each.done() or wait_a_little(each)]
        django.may_answer.set()

    assert len(old) >= 49
    assert set(old) == {"page 1"}
    assert django.made == 2


def test_nobody_gets_a_page_of_more_than_two_seconds(clock):
    django = SlowPages()
    site = KeptPages(django)
    ask(site, "/")
    clock.now += OLDEST_SECONDS
    django.may_answer.clear()

    with ThreadPoolExecutor(20) as readers:
        answers = [readers.submit(lambda: ask(site, "/").text) for _ in range(20)]
        until_made(django, 2)
        django.may_answer.set()

    assert {each.result() for each in answers} == {"page 2"}
    assert django.made == 2


def until_made(django, number):
    for _ in range(500):
        if django.made >= number:
            return
        time.sleep(0.01)
    pytest.fail("nobody had it made")


def wait_a_little(answer):
    for _ in range(20):
        if answer.done():
            return True
        time.sleep(0.01)
    return False
