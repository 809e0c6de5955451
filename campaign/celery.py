"""Celery's hands: which ticks beat sends, and to which queue."""

import logging.config
import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import (
    beat_init,
    before_task_publish,
    celeryd_after_setup,
    setup_logging,
    task_postrun,
    worker_init,
)
from django.conf import settings

from campaign.logs import hide_last_words

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign.settings")

app = Celery("campaign")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["petitions"])


@worker_init.connect
@beat_init.connect
def refuse_what_is_wrong(**_: Any) -> None:
    # It needs the settings, which need this module.
    from campaign.checks.start import refuse_to_start  # noqa: PLC0415

    refuse_to_start()


@setup_logging.connect
def log_as_the_others_do(**_: Any) -> None:
    """Celery leaves logs alone then, and does not take stdout for one."""
    logging.config.dictConfig(settings.LOGGING)
    hide_last_words()


@celeryd_after_setup.connect
def refuse_wrong_queues(instance: Any, **_: Any) -> None:
    from campaign.checks.start import refuse_to_take_from  # noqa: PLC0415 - likewise

    refuse_to_take_from(instance.app.amqp.queues.consume_from)


@worker_init.connect
@beat_init.connect
@task_postrun.connect
@before_task_publish.connect
def show_that_it_lives(**_: Any) -> None:
    if settings.ALIVE_FILE:
        Path(settings.ALIVE_FILE).touch()
