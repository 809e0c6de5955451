"""What people wait for now is done first, whatever else the workers have in hand."""

import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from celery import Celery
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from campaign.roles import Queue, Role
from petitions.delivery.batches import close_batch
from petitions.exports.make import _ONE_AT_A_TIME
from petitions.signatures.request import request_signature
from petitions.vault import Secret
from tests.makers import make_office, make_petition, make_signature, make_wish
from tests.processes import own_broker_url, until


@contextmanager
def export_that_does_not_end():
    """Whoever makes exports waits for us, as it would for millions of rows."""
    began, enough = threading.Event(), threading.Event()

    def hold():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_ONE_AT_A_TIME])
            began.set()
            enough.wait()
            # The session goes back to the pool, and would keep it.
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_ONE_AT_A_TIME])
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    began.wait(10)
    yield
    enough.set()
    thread.join()


def somebody_waits_for_it() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
        )
        (waits,) = cursor.fetchone()
    return bool(waits)


def test_mails_and_letters_go_out_while_a_long_export_is_made(processes, mailbox):
    petition = make_petition()
    make_office(petition, email="minister@office.example")
    processes.worker("letters", queues="letters")
    processes.worker("confirmations", queues="confirmations")
    processes.worker("rest", queues="news,reports")

    with export_that_does_not_end():
        processes.beat()
        until(somebody_waits_for_it, seconds=60)
        make_signature(petition)
        close_batch(petition, now=timezone.now())
        request_signature(make_wish(petition, address="zoe@mail.example"), now=timezone.now())

        until(lambda: mailbox.mails_to("zoe@mail.example"), seconds=30)
        until(lambda: mailbox.mails_to("minister@office.example"), seconds=30)
        assert somebody_waits_for_it(), "the export was still in hand"


@pytest.fixture
def broker():
    """As beat sees it: ticks put in here wait until a worker comes."""
    app = Celery("test", broker=own_broker_url())
    app.conf.task_queues = django_settings.CELERY_TASK_QUEUES
    app.control.purge()
    yield app
    app.control.purge()
    app.close()


def test_a_worker_of_all_queues_takes_confirmations_before_letters_before_the_rest(
    processes, broker
):
    ticks = {
        "draw_pictures": Queue.REPORTS,
        "send_news": Queue.NEWS,
        "send_letters": Queue.LETTERS,
        "send_confirmation_mails": Queue.CONFIRMATIONS,
    }
    for tick, queue in ticks.items():
        for _ in range(3):
            broker.send_task(f"petitions.tasks.{tick}", queue=queue)

    processes.worker()

    until(lambda: len(received(processes)) == 12, seconds=60)
    order = list(reversed(ticks))
    assert received(processes) == [tick for tick in order for _ in range(3)]


def received(processes) -> list[str]:
    return re.findall(r"Task petitions\.tasks\.(\w+)\[\S+\] received", processes.log_text())


def test_each_tick_goes_to_a_queue_of_the_role_that_has_its_keys():
    routes = django_settings.CELERY_TASK_ROUTES
    ticks = {each["task"] for each in django_settings.CELERY_BEAT_SCHEDULE.values()}

    assert set(routes) <= ticks, "a route of a tick that nobody sends is a misspelling"
    assert Role.MAILER.queues | Role.DELIVERER.queues == Role.ALL.queues == set(Queue)
    assert not Role.MAILER.queues & Role.DELIVERER.queues
    assert not Role.WEB.queues


@pytest.mark.parametrize(
    ("role", "queues", "foreign", "own"),
    [
        ("mailer", "confirmations,letters", "letters", "confirmations, news"),
        ("deliverer", "deliverer", "deliverer", "letters, reports"),
        ("web", "reports", "reports", "none"),
    ],
)
def test_a_worker_takes_from_no_other_roles_queues(keys, role, queues, foreign, own):
    for secret in set(Secret) - Role(role).secrets:
        (keys.directory / secret).rename(keys.directory.parent / secret)

    refusal = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "campaign", "worker", "-Q", queues, "-c", "1"],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, "CAMPAIGN_ROLE": role, "VAULT_DIR": str(keys.directory)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert refusal.returncode == 1
    assert refusal.stderr.splitlines()[-1] == (
        f"The {role} role does not start. It may not take from {foreign}; its queues are: {own}."
    )
