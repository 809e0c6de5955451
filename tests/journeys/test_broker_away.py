"""The broker is emptied and stopped under a running site, and comes back."""

import pytest

from petitions.models import SignRequest
from tests.broker import Broker
from tests.forms import submit
from tests.makers import make_petition
from tests.processes import until


@pytest.fixture
def broker(tmp_path_factory):
    # A socket's path may have 107 characters at most.
    started = Broker(tmp_path_factory.mktemp("b"))
    started.start()
    yield started
    started.stop()


def sign(browser, address):
    answer = submit(
        browser,
        browser.get("/en/petitions/ask-1/"),
        name="Ann Lee",
        email=address,
        country="LT",
    )
    assert "Now check your mail" in answer.text


def test_signing_goes_on_and_what_waited_is_sent_when_the_broker_returns(
    processes, broker, mailbox
):
    make_petition()
    processes.environment["BROKER_URL"] = broker.url
    processes.beat()
    processes.worker()
    browser = processes.web()
    sign(browser, "before@mail.example")
    until(lambda: mailbox.mails_to("before@mail.example"), seconds=30)

    broker.stop()
    for number in range(5):
        sign(browser, f"during{number}@mail.example")
    assert SignRequest.objects.filter(mail_box__isnull=False).count() == 5

    broker.start()
    until(lambda: len(mailbox) == 6, seconds=90)
    # The mail server has a mail a moment before its box is emptied.
    until(lambda: not SignRequest.objects.filter(mail_box__isnull=False).exists(), seconds=30)
