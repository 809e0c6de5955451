"""Asking a hosted sender, by an API that speaks as Mailgun's does."""

import json
from base64 import b64encode
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from campaign.roles import Role
from petitions.delivery import claims
from petitions.delivery.batches import close_batch
from petitions.delivery.relays import Answer, check_relay_url, relay
from petitions.models import Delivery
from tests.delivery.claiming import claim_one, commit
from tests.makers import make_office, make_petition, make_signature

OURS = "<0b5c@fiveasks.example>"


class Api(ThreadingHTTPServer):
    """Holds the Message-IDs of what was accepted; `answers` otherwise while `fault` says so."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Events)
        self.accepted = {}
        self.fault = None
        self.asked = []

    def accept(self, message_id, *, at):
        self.accepted[message_id] = at.timestamp()

    def events(self, query):
        return [
            {
                "event": "accepted",
                "timestamp": at,
                "message": {"headers": {"message-id": message_id, "subject": "Dear minister"}},
            }
            for message_id, at in self.accepted.items()
            if message_id == query["message-id"] and at >= float(query["begin"])
        ]


class Events(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        query = {name: value for name, (value,) in parse_qs(url.query).items()}
        self.server.asked.append((url.path, query, self.headers["Authorization"]))
        status, body = self.server.fault or (
            200,
            json.dumps({"items": self.server.events(query), "paging": {}}),
        )
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        """Into no test's output."""


@pytest.fixture
def api(settings):
    with Api() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        settings.RELAY_URL = f"mailgun://127.0.0.1:{server.server_port}/fiveasks.example"
        settings.RELAY_KEY = "key-invented"
        yield server
        server.shutdown()


def minutes_ago(minutes):
    return timezone.now() - timedelta(minutes=minutes)


def test_a_letter_that_was_accepted_is_taken(api):
    api.accept("0b5c@fiveasks.example", at=minutes_ago(9))

    assert relay().ask(OURS, since=minutes_ago(10)) == Answer.TAKEN

    ((path, query, login),) = api.asked
    assert path == "/v3/fiveasks.example/events"
    assert (query["event"], query["message-id"]) == ("accepted", "0b5c@fiveasks.example")
    assert login == "Basic " + b64encode(b"api:key-invented").decode()


def test_nothing_found_is_believed_half_an_hour_later(api):
    assert relay().ask(OURS, since=minutes_ago(10)) == Answer.NOT_YET
    assert relay().ask(OURS, since=minutes_ago(31)) == Answer.NOT_TAKEN


def test_a_letter_of_an_earlier_try_with_the_same_message_id_proves_nothing(api):
    api.accept("0b5c@fiveasks.example", at=minutes_ago(300))

    assert relay().ask(OURS, since=minutes_ago(301)) == Answer.TAKEN
    assert relay().ask(OURS, since=minutes_ago(31)) == Answer.NOT_TAKEN


@pytest.mark.parametrize(
    "fault",
    [
        (401, "Forbidden"),
        (429, "{}"),
        (500, "Oops"),
        (302, "elsewhere"),
        (200, "<html>"),
        (200, "[]"),
        (200, '{"items": [{"event": "accepted"}]}'),
    ],
)
def test_an_api_in_trouble_is_asked_again_for_half_an_hour(api, caplog, fault):
    api.fault = fault

    assert relay().ask(OURS, since=minutes_ago(10)) == Answer.NOT_YET
    assert relay().ask(OURS, since=minutes_ago(31)) == Answer.CANNOT_SAY
    assert "Mailgun can't be asked" in caplog.text
    assert "key-invented" not in caplog.text


def test_an_api_that_is_away_is_too(api, settings, caplog):
    settings.RELAY_URL = "mailgun://127.0.0.1:1/fiveasks.example"

    assert relay().ask(OURS, since=minutes_ago(31)) == Answer.CANNOT_SAY
    assert "ConnectionRefusedError" in caplog.text


@pytest.mark.django_db
def test_a_letter_stays_uncertain_until_the_answer_can_be_believed(keys, api):
    petition = make_petition()
    make_office(petition)
    make_signature(petition)
    close_batch(petition, now=minutes_ago(60))
    delivery = claim_one()
    assert commit(delivery)
    claims.settle_uncertain(delivery, "The connection was lost.")

    assert state_after_asking(delivery, begun_at=minutes_ago(10)) == Delivery.State.UNCERTAIN
    assert len(api.asked) == 1
    claims.sweep()
    assert len(api.asked) == 1, "it is not asked each minute"
    assert state_after_asking(delivery, begun_at=minutes_ago(31)) == Delivery.State.READY


def state_after_asking(delivery, *, begun_at):
    Delivery.objects.update(committed_at=begun_at, lease_until=minutes_ago(1))
    claims.sweep()
    delivery.refresh_from_db()
    return delivery.state


@pytest.mark.parametrize(
    ("url", "key", "words"),
    [
        ("imap://mail.example", "", "begins with postfix://, mailgun:// or maildir://"),
        ("/var/log/mail.log", "", "nobody knows how to ask “/var/log/mail.log”"),
        ("postfix://var/log/mail.log", "", "three slashes"),
        ("postfix:///", "", "wants a whole path"),
        ("maildir:", "", "wants a whole path"),
        ("mailgun://api.eu.mailgun.net", "k", "the API's host and the sending domain"),
        ("mailgun://api:k@api.eu.mailgun.net/a.example", "", "put it into RELAY_KEY"),
        ("mailgun://api.eu.mailgun.net/a.example", "", "needs the API's key in RELAY_KEY"),
    ],
)
def test_a_wrong_relay_url_is_told_in_clear_words(settings, url, key, words):
    settings.RELAY_URL, settings.RELAY_KEY = url, key

    with pytest.raises(ImproperlyConfigured, match=words):
        relay()
    (error,) = check_relay_url()
    assert words in error.msg


def test_who_sends_no_letters_needs_no_key(settings):
    settings.RELAY_URL, settings.RELAY_KEY = "mailgun://api.eu.mailgun.net/a.example", ""
    assert len(check_relay_url()) == 1

    settings.ROLE = Role.MAILER

    assert check_relay_url() == []


@pytest.mark.parametrize("url", ["", "postfix:///var/log/mail.log", "maildir:///srv/mail"])
def test_a_good_relay_url_is_not_complained_of(settings, url):
    settings.RELAY_URL = url

    assert check_relay_url() == []
