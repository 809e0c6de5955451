"""The database goes away under a running site, and comes back."""

from datetime import timedelta
from http import HTTPStatus

import psycopg
import pytest
from django.db import connection
from psycopg.sql import SQL, Identifier

from petitions.models import SignRequest
from tests.forms import submit
from tests.makers import make_petition
from tests.processes import until

TYPED = {"name": "Ann Lee", "email": "ann@mail.example", "country": "LT", "comment": "Keep me."}


@pytest.fixture
def database_server(transactional_db):
    """A connection that can shut the test's database without sitting in it."""
    place = {key: connection.settings_dict[key.upper()] for key in ("user", "host", "port")}
    with psycopg.connect(dbname="postgres", autocommit=True, **place) as server:
        yield server
        allow(server, connections=True)


def allow(server, *, connections):
    name = connection.settings_dict["NAME"]
    server.execute(
        SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}").format(Identifier(name), connections)
    )
    if not connections:
        server.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = %s AND application_name = 'site'""",
            [name],
        )


def accepted(answer):
    return answer if answer.status_code == HTTPStatus.OK else None


def test_nobody_is_thanked_and_nothing_typed_is_lost(processes, database_server):
    make_petition()
    browser = processes.web()
    page = browser.get("/en/petitions/ask-1/")

    allow(database_server, connections=False)
    refused = submit(browser, page, **TYPED)

    assert refused.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert refused.headers["Retry-After"] == "10"
    assert 'value="Keep me."' in refused.text
    assert SignRequest.objects.count() == 0

    allow(database_server, connections=True)
    again = until(lambda: accepted(submit(browser, refused)), seconds=20)
    assert "Now check your mail" in again.text
    assert SignRequest.objects.count() == 1


def test_a_restart_that_nobody_noticed_costs_nobody_an_error(processes, database_server):
    make_petition()
    browser = processes.web()
    page = browser.get("/en/petitions/ask-1/")

    allow(database_server, connections=False)
    allow(database_server, connections=True)

    assert submit(browser, page, **TYPED).status_code == HTTPStatus.OK
    assert SignRequest.objects.count() == 1


def test_who_comes_after_a_long_absence_is_served_at_once(processes, database_server):
    make_petition()
    browser = processes.web()
    page = browser.get("/en/petitions/ask-1/")
    allow(database_server, connections=False)
    # So that a pause that doubled each time would be some eight seconds long by now.
    for _ in range(2):
        assert submit(browser, page, **TYPED).status_code == HTTPStatus.SERVICE_UNAVAILABLE

    allow(database_server, connections=True)

    answer = submit(browser, page, **TYPED)
    assert answer.status_code == HTTPStatus.OK
    assert answer.elapsed < timedelta(seconds=2)
