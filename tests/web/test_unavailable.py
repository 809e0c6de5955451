"""The database or the keys are away: words, a way on, and nothing typed is lost."""

from http import HTTPStatus

import psycopg
import pytest
from django.db import connection

from petitions.models import SignRequest
from petitions.web.figures import forget_figures
from tests.makers import make_petition

SIGN = "/en/petitions/ask-1/"
FORM = {
    "name": "Ann <Lee>",
    "email": "ann@mail.example",
    "country": "LT",
    "visibility": "officials",
    "comment": "Keep me.",
}


@pytest.mark.django_db
def test_without_a_key_signing_answers_503_and_pages_stay_up(client, keys):
    make_petition()
    (keys.directory / "public" / "active.json").unlink()

    response = client.post(SIGN, FORM)

    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response["Retry-After"] == "10"
    assert not SignRequest.objects.exists()
    page = response.content.decode()
    assert 'value="Ann &lt;Lee&gt;"' in page
    assert 'value="Keep me."' in page
    assert client.get(SIGN).status_code == HTTPStatus.OK


@pytest.mark.django_db(transaction=True)
def test_the_database_restarted_between_two_requests_and_nobody_noticed(client, keys):
    make_petition()
    client.post(SIGN, FORM)
    hang_up()
    forget_figures()

    assert client.get(SIGN).status_code == HTTPStatus.OK
    hang_up()
    client.post(SIGN, FORM | {"email": "bo@mail.example"})

    assert SignRequest.objects.count() == 2


def hang_up():
    """As a restart does: the server ends each connection that the pool keeps for later."""
    # At a request's end it goes back to the pool, but for Django's test client.
    connection.close()
    with psycopg.connect(**connection.get_connection_params() | {"autocommit": True}) as own:
        ended = own.execute(
            """SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        ).fetchall()
    assert ended, "nothing was kept, so nothing was tried"
    assert all(done for (done,) in ended)
