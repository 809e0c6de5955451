"""A test of news goes to the address that its organizer typed, and leaves no trace of it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from petitions.models import NewsDelivery, NewsSubscriber, NewsTrial
from petitions.models.clock import database_now
from petitions.news.trials import TooManyTrials, ask_for_trial, send_trials
from petitions.resealing.shelves import SHELVES
from petitions.vault import KeysUnavailable
from tests.journeys.test_no_plaintext import dump_of_database
from tests.mail_lint import lint, lint_headers
from tests.mailbox import link_in
from tests.makers import make_news, make_subscriber

pytestmark = pytest.mark.django_db(transaction=True)
TEXTS = {"en": ("We were heard", "Yes."), "uk": ("Нас почули", "Так.")}
State = NewsTrial.State
CANARY = "unforgettable.olga@mail.example"


@pytest.fixture
def try_it(keys):
    letter = make_news(TEXTS)

    def try_now(*, address=CANARY, language="", name="olga"):
        by = User.objects.get_or_create(username=name)[0]
        return ask_for_trial(letter, address=address, language=language, by=by, now=database_now())

    return try_now


def test_it_goes_to_the_typed_address_only_in_each_language_and_is_marked(try_it, mailbox):
    make_subscriber("ann@mail.example")
    try_it()

    assert send_trials() == 1

    assert {mail["To"] for mail in mailbox.mails()} == {CANARY}
    subjects = {mail["Subject"] for mail in mailbox.mails()}
    assert subjects == {"[Test] We were heard", "[Test] Нас почули"}
    for raw in mailbox.raw():
        lint(raw)
        lint_headers(raw, domain="fiveasks.example")
    assert not NewsDelivery.objects.exists()


def test_one_language_can_be_chosen(try_it, mailbox):
    try_it(language="uk")
    send_trials()

    (mail,) = mailbox.mails()
    assert mail["Subject"] == "[Test] Нас почули"


def test_its_link_ends_nobodys_news(try_it, mailbox, client):
    make_subscriber()
    try_it(language="en")
    send_trials()
    (mail,) = mailbox.mails()

    answer = client.post(link_in(mail, "news"), {"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert NewsSubscriber.objects.count() == 1


def test_no_dump_holds_the_address_and_the_box_goes_with_the_mail(try_it, mailbox):
    trial = try_it()
    before = dump_of_database()
    assert str(trial.pk).encode() in before
    assert b"unforgettable" not in before

    send_trials()

    trial.refresh_from_db()
    assert (trial.state, trial.box) == (State.SENT, None)
    assert b"unforgettable" not in dump_of_database()
    assert any(CANARY.encode() in raw for raw in mailbox.raw())


def test_what_the_server_refuses_is_said_and_not_tried_again(try_it, relay, caplog):
    box = relay(f"rcpt 550 5.1.1 <{CANARY}>: nobody")
    trial = try_it()

    assert send_trials() == 0
    assert send_trials() == 0

    trial.refresh_from_db()
    assert (trial.state, trial.box) == (State.FAILED, None)
    assert len(box) == 0
    ours = " ".join(each.getMessage() for each in caplog.records if each.name != "mail.log")
    assert "not sent: Refused" in ours
    assert "unforgettable" not in ours


def test_a_box_of_another_row_opens_for_nobody(try_it, mailbox):
    first, second = try_it(address="first@mail.example"), try_it()
    NewsTrial.objects.filter(pk=second.pk).update(box=first.box)
    NewsTrial.objects.filter(pk=first.pk).delete()

    assert send_trials() == 0
    assert len(mailbox) == 0


def test_after_an_hour_it_is_gone_sent_or_not(try_it, mailbox):
    try_it()
    NewsTrial.objects.update(asked_at=timezone.now() - timedelta(hours=1))

    assert send_trials() == 0

    assert not NewsTrial.objects.exists()
    assert len(mailbox) == 0


def test_each_organizer_has_five_in_an_hour(try_it, mailbox):
    for _ in range(5):
        try_it()
    with pytest.raises(TooManyTrials):
        try_it()

    try_it(name="petra")
    assert NewsTrial.objects.count() == 6
    NewsTrial.objects.update(asked_at=timezone.now() - timedelta(hours=1))
    try_it()


def test_without_the_key_it_waits(try_it, keys):
    for private in (keys.directory / "mail").iterdir():
        private.unlink()
    trial = try_it()

    with pytest.raises(KeysUnavailable):
        send_trials()

    trial.refresh_from_db()
    assert trial.state == State.WAITS


def test_a_new_key_takes_its_box_along(try_it):
    trial = try_it()
    (shelf,) = [each for each in SHELVES if each.model is NewsTrial]

    shelf.open(trial)()

    assert bytes(trial.box) != bytes(NewsTrial.objects.get().box)
