"""Celery's doors. Ticks carry no data: each finds its work in PostgreSQL."""

from datetime import timedelta
from typing import Any

from celery import shared_task
from celery.signals import task_success

from petitions import lifecycle
from petitions.delivery import batches, imap, queue, returns, spool
from petitions.exports import copies, make
from petitions.imports import lines
from petitions.ledger import publish
from petitions.models import Heartbeat
from petitions.models.clock import database_now
from petitions.news import send, trials
from petitions.pictures import draw
from petitions.signatures import (
    carry,
    confirmation_mail,
    erase,
    figures,
    journal,
    retention,
    suspicions,
)

BEAT_EVERY = timedelta(minutes=1)


@task_success.connect
def note_that_it_ran(sender: Any, **_: Any) -> None:
    """Organizers see when each tick last came to its end."""
    Heartbeat.objects.beat(name_of(sender.name), at_most_every=BEAT_EVERY)


def name_of(task: str) -> str:
    return task.rpartition(".")[2]


@shared_task
def send_confirmation_mails() -> None:
    confirmation_mail.send_confirmation_mails()


@shared_task
def carry_details() -> None:
    carry.carry_details()


@shared_task
def make_copies() -> None:
    # A copy should hold what one tap is still carrying.
    carry.carry_details()
    copies.make_copies()


@shared_task
def make_exports() -> None:
    # As with copies.
    carry.carry_details()
    make.make_exports()


@shared_task
def erase_old_exports() -> None:
    make.erase_expired(now=database_now())


@shared_task
def make_office_files() -> None:
    spool.make_wanted_files()


@shared_task
def close_scheduled_batches() -> None:
    batches.close_scheduled_batches(now=database_now())


@shared_task
def publish_ledger() -> None:
    publish.publish_due()


@shared_task
def publish_batches() -> None:
    publish.publish_batches()


@shared_task
def keep_petitions_schedule() -> None:
    lifecycle.keep_schedule(now=database_now())


@shared_task
def send_letters() -> None:
    queue.send_letters()


@shared_task
def fetch_mails() -> None:
    imap.fetch_mails()


@shared_task
def erase_returned_mails() -> None:
    returns.erase_returned_mails(now=database_now())


@shared_task
def send_news() -> None:
    trials.send_trials()
    send.send_news()


@shared_task
def draw_pictures() -> None:
    draw.draw_pictures(now=database_now())


@shared_task
def look_for_suspicions() -> None:
    suspicions.look_for_suspicions(now=database_now())


@shared_task
def erase_what_is_due() -> None:
    now = database_now()
    erase.erase_what_is_due(now=now)
    spool.erase_expired(now=now)
    lines.erase_expired(now=now)
    retention.erase_what_was_kept(now=now)


@shared_task
def keep_journal() -> None:
    journal.keep_journal(now=database_now())


@shared_task
def count_figures() -> None:
    figures.count_figures(now=database_now())
