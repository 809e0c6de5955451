"""Which ticks beat sends, how often, and to which queue. Celery's words for schedules are loaded with
it, so a public web process, which has no queues, does without.
"""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab

from campaign.roles import Queue

ROUTES = {
    f"petitions.tasks.{tick}": {"queue": str(queue)}
    for queue, ticks in {
        Queue.CONFIRMATIONS: ["send_confirmation_mails"],
        Queue.LETTERS: [
            "send_letters",
            "carry_details",
            "close_scheduled_batches",
            "publish_batches",
            "publish_ledger",
            "keep_petitions_schedule",
            # Its workers are those that may write to LEDGER_MEMORY_DIR.
            "keep_journal",
        ],
        Queue.NEWS: ["send_news", "erase_what_is_due"],
    }.items()
    for tick in ticks
}
# A tick that waited for a busy worker is worth nothing: the next one does the same work.
SCHEDULE: dict[str, Any] = {
    "confirmation mails": {
        "task": "petitions.tasks.send_confirmation_mails",
        "schedule": timedelta(seconds=1),
        "options": {"expires": 5},
    },
    "details of one tap": {
        "task": "petitions.tasks.carry_details",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 10},
    },
    "copies for signers": {
        "task": "petitions.tasks.make_copies",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 20},
    },
    "files for offices": {
        "task": "petitions.tasks.make_office_files",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 20},
    },
    "exports": {
        "task": "petitions.tasks.make_exports",
        "schedule": timedelta(seconds=3),
        "options": {"expires": 4},
    },
    "old exports": {
        "task": "petitions.tasks.erase_old_exports",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600},
    },
    "batches on schedule": {
        "task": "petitions.tasks.close_scheduled_batches",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    # On the hour: how long after a signature its leaf appears must tell nothing.
    "public log": {
        "task": "petitions.tasks.publish_ledger",
        "schedule": crontab(minute=0),
        "options": {"expires": 3600},
    },
    "batches for the public log": {
        "task": "petitions.tasks.publish_batches",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "petitions on schedule": {
        "task": "petitions.tasks.keep_petitions_schedule",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "letters": {
        "task": "petitions.tasks.send_letters",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 10},
    },
    "news": {
        "task": "petitions.tasks.send_news",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 5},
    },
    "mails that came back": {
        "task": "petitions.tasks.fetch_mails",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "old mails that came back": {
        "task": "petitions.tasks.erase_returned_mails",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3600},
    },
    "share pictures": {
        "task": "petitions.tasks.draw_pictures",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "suspicious patterns": {
        "task": "petitions.tasks.look_for_suspicions",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600},
    },
    "figures": {
        "task": "petitions.tasks.count_figures",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "journal of erasures": {
        "task": "petitions.tasks.keep_journal",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "erasure": {
        "task": "petitions.tasks.erase_what_is_due",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600},
    },
}
