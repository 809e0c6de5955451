"""Two beats, for a moment or for good: everything is done once."""

import re
import time
from collections import Counter

from celery import Celery
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from petitions.exports.columns import RULES
from petitions.exports.orders import Order, order
from petitions.exports.selection import Selection
from petitions.models import Batch, Delivery, Export, NewsDelivery, SharePicture, SignRequest
from petitions.models.clock import database_now
from petitions.models.export import Format, Use
from petitions.news.tell import tell_subscribers
from petitions.signatures.request import request_signature
from tests.makers import (
    make_answer,
    make_office,
    make_petition,
    make_signature,
    make_subscriber,
    make_wish,
)
from tests.processes import own_broker_url, until

PEOPLE = 12
OFFICES = 6
PETITIONS = 2
SECONDS_OF_BEATS = 2


def test_two_beats_and_ticks_that_all_come_at_once_send_nothing_twice(processes, mailbox):
    owe_some_of_everything()
    for name in ("one", "two"):
        processes.beat(f"beat-{name}")
        processes.worker(f"worker-{name}")

    # What two beats do each minute or ten would take long to happen at the same moment by chance.
    tell_all_workers_at_once(times=4)
    until(all_is_done, seconds=120)
    tell_all_workers_at_once(times=4)
    until(lambda: processes.log_text().count("erase_what_is_due[") >= 16, seconds=60)
    for name in ("beat-one", "beat-two"):
        until(lambda name=name: "Sending due task" in processes.log_of(name), seconds=30)
    time.sleep(SECONDS_OF_BEATS)

    assert Batch.objects.count() == PETITIONS + 1
    got = Counter(mail["To"] for mail in mailbox.mails())
    assert len(got) == PEOPLE + OFFICES + PEOPLE
    assert Counter(n for to, n in got.items() if not to.startswith("m")) == {1: 2 * PEOPLE}
    assert Counter(n for to, n in got.items() if to.startswith("m")) == {PETITIONS: OFFICES}
    (export,) = Export.objects.all()
    assert (export.state, export.fence) == (Export.State.READY, 1)
    assert "CRITICAL" not in processes.log_text()
    assert re.findall("ERROR.*", processes.log_text()) == []


def owe_some_of_everything() -> None:
    """Mails, batches, their letters, news, an export, pictures."""
    petitions = [make_petition(number, enough=3) for number in range(1, PETITIONS + 1)]
    offices = [
        make_office(*petitions, name=f"Minister {number}", email=f"m{number}@office.example")
        for number in range(OFFICES)
    ]
    answered = make_petition(9)
    make_signature(answered)
    batch = Batch.objects.create(petition=answered, number=1, size=1, closed_at=timezone.now())
    olga = User.objects.create_superuser("olga")
    for number in range(PEOPLE):
        make_subscriber(f"reader{number}@mail.example")
        wish = make_wish(petitions[0], address=f"signer{number}@mail.example")
        request_signature(wish, now=timezone.now())
    answer = make_answer(
        Delivery.objects.create(
            batch=batch,
            office=offices[0],
            state=Delivery.State.SENT,
            message_id="<1@fiveasks.example>",
            due_at=timezone.now(),
            sent_at=timezone.now(),
        )
    )
    tell_subscribers(answer, by=olga, now=database_now())
    for petition in petitions:
        for _ in range(3):
            make_signature(petition)
    columns = tuple(RULES[Use.DELIVER].columns)
    order(Order(Use.DELIVER, Format.CSV, columns, Selection(), "For Geneva"), by=olga)


def tell_all_workers_at_once(*, times: int) -> None:
    with Celery("test", broker=own_broker_url()) as app:
        for each in settings.CELERY_BEAT_SCHEDULE.values():
            queue = settings.CELERY_TASK_ROUTES.get(each["task"], {}).get("queue", "reports")
            for _ in range(times):
                app.send_task(each["task"], queue=queue)


def all_is_done() -> bool:
    return (
        not SignRequest.objects.filter(mail_box__isnull=False).exists()
        and Delivery.objects.filter(state="sent").count() == PETITIONS * OFFICES + 1
        and not NewsDelivery.objects.exists()
        and not Export.objects.exclude(state="ready").exists()
        and SharePicture.objects.exists()
    )
