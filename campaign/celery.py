"""Celery's hands: which ticks beat sends, and to which queue."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, celeryd_after_setup, worker_init

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


@celeryd_after_setup.connect
def refuse_wrong_queues(instance: Any, **_: Any) -> None:
    from campaign.checks.start import refuse_to_take_from  # noqa: PLC0415 - likewise

    refuse_to_take_from(instance.app.amqp.queues.consume_from)
