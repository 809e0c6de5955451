"""What a hosted sender posts about letters, as Mailgun posts it."""

import hashlib
import hmac
import importlib
import json
import logging
import shutil
import time
from base64 import b64encode

import httpx
import pytest
from django.urls import clear_url_caches

import campaign.urls
from campaign.checks.keys import refuse_to_start_with_wrong_keys
from campaign.roles import Role
from petitions.delivery.return_path import return_path
from petitions.models import Delivery, NotFiled, Office, Returned, returned
from petitions.vault import Secret
from tests.delivery.returned_samples import sample
from tests.processes import BIN, Processes, free_port, until

TRACKING = "/returns/mailgun/tracking/"
INBOUND = "/returns/mailgun/inbound_mime/"
PASSWORD = "mailgun:a-password-of-some-length"
KEY = "the-key-by-which-it-signs"
Kind, State = Returned.Kind, Delivery.State


@pytest.fixture
def addresses(settings):
    """As a process has them that starts with the settings of the moment."""

    def start():
        settings.ANYMAIL = {
            "WEBHOOK_SECRET": settings.RETURNS_WEBHOOK_SECRET,
            "MAILGUN_WEBHOOK_SIGNING_KEY": settings.RETURNS_WEBHOOK_KEY,
        }
        importlib.reload(campaign.urls)
        clear_url_caches()

    yield start
    settings.ROLE, settings.RETURNS_WEBHOOKS = Role.ALL, ""
    start()


@pytest.fixture
def mailgun(addresses, settings, client):
    """Posts to us as Mailgun does."""
    settings.RETURNS_WEBHOOKS = "mailgun"
    settings.RETURNS_WEBHOOK_SECRET = PASSWORD
    settings.RETURNS_WEBHOOK_KEY = KEY
    addresses()
    return Mailgun(client)


class Mailgun:
    def __init__(self, client, *, key=KEY, password=PASSWORD):
        self.client = client
        self.key = key
        self.login = {"Authorization": f"Basic {b64encode(password.encode()).decode()}"}

    def tell(self, delivery, event, *, once="1", **data):
        """Of a letter of ours."""
        data = {
            "event": event,
            "timestamp": time.time(),
            "recipient": "minister@office.example",
            "message": {"headers": {"message-id": delivery.message_id.strip("<>")}},
            **data,
        }
        body = json.dumps({"signature": self.signature(once), "event-data": data})
        return self.client.post(
            TRACKING, body, content_type="application/json", headers=self.login
        ).status_code

    def bring(self, raw, *, recipient, once="1"):
        form = {**self.signature(once), "recipient": recipient, "body-mime": raw.decode()}
        return self.client.post(INBOUND, form, headers=self.login).status_code

    def signature(self, once):
        timestamp = "1790000000"
        signed = f"{timestamp}{once}".encode()
        signature = hmac.new(self.key.encode(), signed, hashlib.sha256).hexdigest()
        return {"timestamp": timestamp, "token": once, "signature": signature}


GONE = {
    "severity": "permanent",
    "reason": "bounce",
    "delivery-status": {"code": 550, "message": "550 5.1.1 No such mailbox"},
}


def test_a_letter_that_was_refused_for_good_stops_its_office(mailgun, sent):
    assert mailgun.tell(sent, "failed", **GONE) == 200

    filed = Returned.objects.get()
    assert (filed.kind, filed.delivery, filed.status) == (Kind.HARD, sent, "5.1.1")
    assert filed.open_mail().sender == "Mailgun"
    sent.refresh_from_db()
    assert (sent.state, sent.reply) == (State.FAILED, "5.1.1 550 5.1.1 No such mailbox")
    office = Office.objects.get()
    assert not office.active
    assert "No such mailbox" in office.stopped_because


def test_an_address_on_the_senders_own_list_of_dead_ones_stops_its_office(mailgun, sent):
    told = {
        "severity": "permanent",
        "reason": "suppress-bounce",
        "delivery-status": {"code": 605, "message": "", "description": "Not delivering"},
    }

    mailgun.tell(sent, "failed", **told)

    assert Returned.objects.get().kind == Kind.HARD
    assert not Office.objects.get().active


@pytest.mark.parametrize(
    ("event", "data", "status"),
    [
        (
            "failed",
            {
                "severity": "temporary",
                "reason": "generic",
                "delivery-status": {"code": 451, "message": "4.7.1 Come back later"},
            },
            "4.7.1",
        ),
        (
            "failed",
            {
                "severity": "permanent",
                "reason": "bounce",
                "delivery-status": {"code": 552, "message": "552 5.2.2 Mailbox full"},
            },
            "5.2.2",
        ),
        ("failed", {"severity": "permanent", "reason": "old"}, ""),
        ("rejected", {"reject": {"reason": "A policy of ours"}}, ""),
    ],
)
def test_what_is_no_failure_of_the_address_for_good_is_noted(mailgun, sent, event, data, status):
    assert mailgun.tell(sent, event, **data) == 200

    filed = Returned.objects.get()
    assert (filed.kind, filed.delivery, filed.status) == (Kind.SOFT, sent, status)
    assert Office.objects.get().active


def test_delays_of_one_try_are_noted_once(mailgun, sent):
    data = {"severity": "temporary", "delivery-status": {"message": "4.7.1 Later"}}

    for number in range(3):
        mailgun.tell(sent, "failed", once=str(number), **data)

    assert Returned.objects.count() == 1


@pytest.mark.parametrize("event", ["complained", "unsubscribed"])
def test_an_office_that_calls_letters_spam_gets_no_more_and_had_this_one(mailgun, sent, event):
    mailgun.tell(sent, event)

    assert Returned.objects.get().kind == Kind.SPAM
    sent.refresh_from_db()
    assert sent.state == State.SENT
    office = Office.objects.get()
    assert (office.active, office.stopped_because) == (False, "reported as spam")


@pytest.mark.parametrize("event", ["accepted", "delivered", "opened", "clicked", "new event"])
def test_progress_is_no_news(mailgun, sent, event):
    assert mailgun.tell(sent, event) == 200

    assert not Returned.objects.exists()


def test_what_is_about_a_mail_to_a_supporter_leaves_nothing(mailgun, sent, caplog):
    """The same account may send confirmation mails, and tells of those, too."""
    caplog.set_level(logging.DEBUG)
    sent.message_id = "<another@fiveasks.example>"

    assert mailgun.tell(sent, "failed", recipient="ann@mail.example", **GONE) == 200

    assert not Returned.objects.exists()
    assert NotFiled.objects.mails() == 0
    assert "ann@mail.example" not in caplog.text
    assert Office.objects.get().active


def test_a_letter_that_was_numbered_anew_is_found_by_its_return_path(mailgun, sent):
    path = return_path(sent)
    sent.message_id = "<0102@sender.example>"

    mailgun.tell(sent, "failed", envelope={"sender": path}, **GONE)

    assert Returned.objects.get().delivery == sent


def test_a_post_that_comes_again_changes_nothing(mailgun, sent):
    moment = time.time()
    mailgun.tell(sent, "failed", timestamp=moment, **GONE)
    Office.objects.update(active=True, stopped_because="")
    Delivery.objects.update(state=State.SENT)

    assert mailgun.tell(sent, "failed", timestamp=moment, **GONE) == 200

    assert Office.objects.get().active
    assert Returned.objects.count() == 1
    mailgun.tell(sent, "failed", once="2", **GONE)
    assert not Office.objects.get().active, "a new letter was refused, too"


@pytest.mark.parametrize(
    "wrong", [{"key": "another"}, {"key": " "}, {"password": "mailgun:guessed"}, {"password": ":"}]
)
def test_a_forged_post_changes_nothing(mailgun, sent, client, wrong):
    forger = Mailgun(client, **wrong)

    assert forger.tell(sent, "failed", **GONE) == 400
    raw = sample("rfc3464_no_such_user", sent)
    assert forger.bring(raw, recipient=return_path(sent)) == 400

    assert not Returned.objects.exists()
    assert Office.objects.get().active
    assert mailgun.tell(sent, "failed", **GONE) == 200


def test_a_bounce_of_an_address_that_was_corrected_does_not_stop_the_new_one(mailgun, sent):
    Office.objects.update(email="new@office.example")

    mailgun.tell(sent, "failed", **GONE)

    assert Returned.objects.get().kind == Kind.HARD
    sent.refresh_from_db()
    assert sent.state == State.FAILED, "it did not arrive all the same"
    assert Office.objects.get().active


# --- Mails that come back this way


def test_a_mail_is_filed_as_one_that_is_piped_in_once(mailgun, sent):
    raw = sample("human_answer", sent)

    for number in range(2):
        assert mailgun.bring(raw, recipient=return_path(sent), once=str(number)) == 200

    filed = Returned.objects.get()
    assert (filed.kind, filed.delivery) == (Kind.ANSWER, sent)
    assert filed.open_mail().text.startswith("We have read your letter. Ačiū.")


def test_the_envelopes_recipient_is_enough(mailgun, sent):
    mailgun.bring(sample("stranger", sent), recipient=return_path(sent))

    assert Returned.objects.get().delivery == sent


def test_what_is_no_mail_is_counted_and_not_posted_again(mailgun, sent):
    assert mailgun.bring(b"Nothing.", recipient="letters@fiveasks.example") == 200

    assert NotFiled.objects.mails() == 1


def test_a_flood_of_mails_that_belong_to_no_letter_is_counted_only(mailgun, sent, monkeypatch):
    monkeypatch.setattr(returned, "MOST_UNMATCHED", 2)
    for number in range(4):
        raw = sample("stranger", sent).replace(b"Subject:", b"Subject: %d" % number)
        assert mailgun.bring(raw, recipient="letters@fiveasks.example") == 200

    assert Returned.objects.count() == NotFiled.objects.mails() == 2


def test_without_keys_it_is_asked_to_come_again(mailgun, sent, keys):
    (keys.directory / "public").rename(keys.directory / "elsewhere")

    assert mailgun.tell(sent, "failed", **GONE) == 503

    assert Office.objects.get().active


# --- Who has these addresses


def test_without_the_setting_there_is_no_such_address(addresses, sent, client):
    addresses()

    assert Mailgun(client).tell(sent, "failed", **GONE) == 404


def test_only_the_sender_that_is_named_has_an_address(mailgun, client):
    for name in ("sendgrid", "postmark", "mailgun2"):
        assert client.post(f"/returns/{name}/tracking/").status_code == 404


def test_the_process_of_the_public_pages_has_no_such_address(addresses, settings, sent, client):
    settings.ROLE = Role.WEB
    settings.RETURNS_WEBHOOKS = "mailgun"
    addresses()

    assert Mailgun(client).tell(sent, "failed", **GONE) == 404


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"RETURNS_WEBHOOKS": "pigeons"}, "knows no “pigeons”"),
        ({"RETURNS_WEBHOOK_SECRET": ""}, "must be user:password"),
        ({"RETURNS_WEBHOOK_SECRET": "mailgun:short"}, "20 characters or more"),
        ({"RETURNS_WEBHOOK_KEY": ""}, "RETURNS_WEBHOOK_KEY is not set"),
    ],
)
def test_a_process_that_anybody_could_post_to_does_not_start(
    mailgun, keys, settings, changes, words
):
    refuse_to_start_with_wrong_keys()
    for name, value in changes.items():
        setattr(settings, name, value)

    with pytest.raises(SystemExit, match=words):
        refuse_to_start_with_wrong_keys()


@pytest.mark.django_db(transaction=True)
def test_a_process_without_any_key_takes_a_bounce_that_brings_a_whole_letter_back(
    sent, keys, tmp_path
):
    machine = Processes(
        tmp_path,
        CAMPAIGN_ROLE="returns",
        RETURNS_WEBHOOKS="mailgun",
        RETURNS_WEBHOOK_SECRET=PASSWORD,
        RETURNS_WEBHOOK_KEY=KEY,
    )
    folder = tmp_path / "keys of returns"
    shutil.copytree(keys.directory, folder)
    for secret in Secret:
        shutil.rmtree(folder / secret)
    port = free_port()
    assert (BIN / "granian").exists()
    machine.start(
        "returns",
        *("granian", "--interface", "wsgi", "campaign.wsgi:application"),
        *("--host", "127.0.0.1", "--port", str(port), "--no-ws"),
        VAULT_DIR=str(folder),
        ALLOWED_HOSTS="127.0.0.1",
    )
    raw = sample("rfc3464_no_such_user", sent) + b"x" * 1024 * 1024
    signed = Mailgun(None)

    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as browser:
        try:
            until(lambda: _status(browser, "/") == 404, seconds=30)
            form = {
                **signed.signature("token"),
                "recipient": return_path(sent),
                "body-mime": raw.decode(),
            }
            answer = browser.post(INBOUND, data=form, headers=signed.login)
            forged = browser.post(INBOUND, data=form | {"token": "x"}, headers=signed.login)
            assert (answer.status_code, forged.status_code) == (200, 400), machine.log_text()
            assert _status(browser, "/en/") == _status(browser, "/admin/") == 404
        finally:
            machine.stop()

    assert Returned.objects.get().kind == Kind.HARD
    assert not Office.objects.get().active


def _status(browser, path):
    try:
        return browser.get(path).status_code
    except httpx.TransportError:
        return None
