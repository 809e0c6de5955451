"""Whether the site's own work goes on: what waits, who was last seen, the backup and the keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min, QuerySet
from django.utils.translation import gettext

from campaign.roles import Role
from petitions.models import (
    DataCopy,
    Delivery,
    Heartbeat,
    NewsDelivery,
    OfficePage,
    SignRequest,
)
from petitions.models.heartbeat import BACKUP, FIGURES
from petitions.vault import KeysUnavailable, Purpose, VaultError, vault

# A mail that need not wait is due in the hour that has begun: no row tells more of its time.
MAILS_ARE_LATE = timedelta(minutes=75)
LETTERS_ARE_LATE = timedelta(minutes=30)
WORKER_IS_LATE = timedelta(minutes=5)
BACKUP_IS_LATE = timedelta(hours=26)
# A key of last month is to be replaced in this one; one that is older is late.
MONTHS_OF_A_KEY = 1


@dataclass(frozen=True)
class Waiting:
    """Work that waits: how much, since when, and whether that is too long."""

    words: str
    count: int
    since: datetime | None = None
    late: bool = False


@dataclass(frozen=True)
class Seen:
    """When something was last done; None if never."""

    words: str
    at: datetime | None
    late: bool


@dataclass(frozen=True)
class KeyState:
    words: str
    epoch: str
    state: str
    late: bool


@dataclass(frozen=True)
class Machines:
    waiting: list[Waiting]
    workers: list[Seen]
    backup: Seen
    keys: list[KeyState]
    counted_at: datetime | None
    """When figures by day were last counted."""


def look(*, now: datetime) -> Machines:
    beats = Heartbeat.objects.times()
    return Machines(
        waiting=queues(now=now),
        workers=workers(beats, now=now),
        backup=_seen(gettext("Backup"), beats.get(BACKUP), now=now, late_after=BACKUP_IS_LATE),
        keys=keys(now=now),
        counted_at=beats.get(FIGURES),
    )


def queues(*, now: datetime) -> list[Waiting]:
    return [
        _waiting(
            gettext("Confirmation mails to be sent"),
            SignRequest.objects.waiting_for_mail(now=now),
            "mail_due_at",
            late=now - MAILS_ARE_LATE,
        ),
        Waiting(
            gettext("Forms whose signers have not confirmed yet"),
            SignRequest.objects.mailed().count(),
        ),
        _waiting(
            gettext("Letters due now"),
            Delivery.objects.due(now=now),
            "due_at",
            late=now - LETTERS_ARE_LATE,
        ),
        _waiting(
            gettext("News due now"),
            NewsDelivery.objects.due(now=now),
            "due_at",
            late=now - timedelta(days=1),
        ),
        _waiting(
            gettext("Copies that signers asked for"),
            DataCopy.objects.to_be_made(),
            "created_hour",
            late=now - MAILS_ARE_LATE,
        ),
        Waiting(
            gettext("Files that offices asked for"),
            OfficePage.objects.waiting_for_files(now=now).count(),
        ),
    ]


def workers(beats: dict[str, datetime], *, now: datetime) -> list[Seen]:
    """Who takes from each queue, by the newest of its ticks that came to an end."""
    roles = {Role.MAILER: gettext("Mailer"), Role.DELIVERER: gettext("Deliverer")}
    seen: dict[str, datetime] = {}
    for task, queue in _queues_of_ticks().items():
        if task in beats:
            seen[queue] = max(beats[task], seen.get(queue, beats[task]))
    return [
        _seen(f"{words} ({queue})", seen.get(queue), now=now, late_after=WORKER_IS_LATE)
        for role, words in roles.items()
        for queue in sorted(role.queues)
    ]


def keys(*, now: datetime) -> list[KeyState]:
    """The active key of each purpose: its age, and whether its private half opens here."""
    words = {
        Purpose.SIGNATURE: gettext("Key for signers’ details"),
        Purpose.MAIL: gettext("Key for addresses"),
    }
    return [_key(purpose, name, now=now) for purpose, name in words.items()]


# --- Parts


def _waiting(words: str, rows: QuerySet, due: str, *, late: datetime) -> Waiting:  # type: ignore[type-arg]  # of any model
    found = rows.order_by().aggregate(count=Count("pk"), since=Min(due))
    since = found["since"]
    return Waiting(words, found["count"], since, late=since is not None and since < late)


def _seen(words: str, at: datetime | None, *, now: datetime, late_after: timedelta) -> Seen:
    return Seen(words, at, late=at is None or at < now - late_after)


def _queues_of_ticks() -> dict[str, str]:
    """Of each tick that beat sends, the queue that it goes to."""
    ticks = [str(each["task"]) for each in settings.CELERY_BEAT_SCHEDULE.values()]
    routes = {task: route["queue"] for task, route in settings.CELERY_TASK_ROUTES.items()}
    return {
        tick.rpartition(".")[2]: routes.get(tick, settings.CELERY_TASK_DEFAULT_QUEUE)
        for tick in ticks
    }


def _key(purpose: Purpose, words: str, *, now: datetime) -> KeyState:
    try:
        epoch = vault().active_epoch(purpose)
    except KeysUnavailable:
        return KeyState(words, "", gettext("There is no active key."), late=True)
    months = months_since(epoch, now=now)
    if not vault().has_private_key(purpose, epoch):
        state, wrong = gettext("Its private half lies elsewhere."), False
    else:
        state, wrong = _opens(purpose, epoch)
    if months > MONTHS_OF_A_KEY:
        state = f"{state} {gettext('It should have been replaced: rotate once a month.')}"
    return KeyState(words, epoch, state, late=wrong or months > MONTHS_OF_A_KEY)


def _opens(purpose: Purpose, epoch: str) -> tuple[str, bool]:
    try:
        vault().private_key(purpose, epoch)
    except VaultError:
        return gettext("It does not open its canary: it is another key, or damaged."), True
    return gettext("It opens its canary here."), False


def months_since(epoch: str, *, now: datetime) -> int:
    """From the month in an epoch's name, such as 2026-11a, to this month."""
    year, month = int(epoch[:4]), int(epoch[5:7])
    return 12 * (now.year - year) + now.month - month
