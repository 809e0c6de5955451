"""Whether a process answers, and whether it can do its work, as a kubelet or a proxy asks."""

import threading
from http import HTTPStatus
from importlib import import_module
from time import monotonic

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from campaign.roles import Role
from petitions.web import probes
from petitions.web.probes import Probes, what_is_missing
from tests.wsgi import ask


def nobody(_environ, _start_response):
    raise AssertionError("It was passed on.")


@pytest.fixture
def whole_site(db, keys):
    """As a server loads it: without keys it would not."""
    return import_module("campaign.wsgi").application


@pytest.fixture
def asked(db, keys):
    """What one who asks the probe again is told; nothing is remembered between questions."""
    return lambda path: ask(Probes(nobody), path)


def test_a_process_that_has_all_it_needs_is_ready(asked):
    answer = asked("/readyz")

    assert (answer.status, answer.text) == (HTTPStatus.OK, "ok\n")


def test_they_are_answered_for_any_host_without_tls_and_leave_nothing_behind(
    whole_site, settings, limits
):
    settings.SECURE_SSL_REDIRECT = True
    for path in ("/healthz", "/readyz"):
        answer = ask(whole_site, path, host="10.4.0.17:8000")

        assert answer.status == HTTPStatus.OK, path
        assert answer.headers["Cache-Control"] == "no-store"
        assert not {"Set-Cookie", "Location"} & answer.headers.keys()
    assert limits.keys() == []
    assert ask(whole_site, "/en/", host="10.4.0.17:8000").status == HTTPStatus.BAD_REQUEST


def test_to_answer_takes_no_database(asked, django_db_blocker):
    with django_db_blocker.block():
        assert asked("/healthz").status == HTTPStatus.OK


def test_a_head_gets_no_body_and_a_post_is_not_for_it(whole_site):
    assert ask(whole_site, "/healthz", method="HEAD").body == b""
    assert ask(whole_site, "/healthz", method="POST").status == HTTPStatus.NOT_FOUND


def test_without_keys_it_is_not_ready_but_answers(asked, keys):
    (keys.directory / "public" / "active.json").unlink()

    assert (asked("/readyz").status, asked("/readyz").text) == (503, "keys\n")
    assert asked("/healthz").status == HTTPStatus.OK


def test_a_web_server_within_reach_of_a_private_key_is_not_ready(asked, settings):
    settings.ROLE = Role.WEB

    assert asked("/readyz").text == "keys\n"


def test_a_database_that_is_not_migrated_is_told(asked):
    assert asked("/readyz").status == HTTPStatus.OK
    newest = MigrationRecorder.Migration.objects.filter(app="petitions").latest("id")
    newest.delete()

    assert (asked("/readyz").status, asked("/readyz").text) == (503, "migrations\n")


def test_a_migration_of_a_newer_version_does_not_trouble_an_older_one(asked):
    MigrationRecorder.Migration.objects.create(app="petitions", name="9999_of_tomorrow")

    assert asked("/readyz").status == HTTPStatus.OK


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError])
def test_a_database_that_fails_is_told_in_one_word(asked, monkeypatch, kind):
    def fail():
        raise kind('connection to "10.4.0.9", user "fiveasks" failed')

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", fail)
        answer = asked("/readyz")

    assert (answer.status, answer.text) == (503, "database\n")


def test_who_asks_while_it_looks_waits_for_nobody(monkeypatch):
    looks, begun, done = [], threading.Event(), threading.Event()

    def slow_look():
        looks.append(monotonic())
        begun.set()
        done.wait(10)
        return ""

    monkeypatch.setattr(probes, "what_is_missing", slow_look)
    site = Probes(nobody)
    first = threading.Thread(target=ask, args=(site, "/readyz"))
    first.start()
    assert begun.wait(5)

    assert ask(site, "/readyz").text == "start\n"
    done.set()
    first.join(5)
    assert ask(site, "/readyz").text == "ok\n"
    assert len(looks) == 1, "within a second nobody looks again"


def test_what_no_other_part_caught_is_answered_and_logged_without_its_words(caplog):
    def broken(_environ, _start_response):
        raise ValueError("x@mail.example")

    answer = ask(Probes(broken), "/en/confirm/secret/")

    assert (answer.status, answer.text) == (500, "error\n")
    (record,) = caplog.records
    assert "secret" not in record.getMessage()


def test_a_look_that_breaks_is_no_secret_of_the_server_either(caplog, monkeypatch):
    def broken():
        raise ValueError("x@mail.example")

    monkeypatch.setattr(probes, "what_is_missing", broken)

    answer = ask(Probes(nobody), "/readyz")

    assert (answer.status, answer.text) == (500, "error\n")
    assert len(caplog.records) == 1


def test_the_newest_migrations_are_known_without_loading_them(db, keys):
    known = probes._wanted_migrations()

    assert ("petitions", "0032_tombstones_of_requests") in known
    assert {app for app, _name in known} >= {"auth", "petitions", "contenttypes"}
    assert what_is_missing() == ""
