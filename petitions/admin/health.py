"""Whether the site's own work goes on: what waits, who was last seen, the backup and the keys.

One look, for the first page, for the page that says what is wrong (checks.py) and for metrics.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery.schedules import crontab
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections
from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils.translation import gettext

from campaign.roles import Role
from petitions.admin.paginator import count_up_to
from petitions.models import (
    DataCopy,
    Delivery,
    Export,
    Heartbeat,
    MailboxLook,
    NewsDelivery,
    OfficePage,
    Pause,
    Petition,
    Signature,
    SignRequest,
)
from petitions.models.heartbeat import ALARM, BACKUP, FAULT, FIGURES
from petitions.models.replica import REPLICA
from petitions.vault import KeysUnavailable, Purpose, VaultError, vault

# A mail that need not wait is due in the hour that has begun: no row tells more of its time.
MAILS_ARE_LATE = timedelta(minutes=75)
LETTERS_ARE_LATE = timedelta(minutes=30)
NEWS_IS_LATE = timedelta(days=1)
EXPORTS_ARE_LATE = timedelta(minutes=30)
WORKER_IS_LATE = timedelta(minutes=5)
# A tick that many may run at once can take its minute more than once.
TICK_IS_LATE = timedelta(minutes=10)
BACKUP_IS_LATE = timedelta(hours=26)
# A batch is closed within a minute of its time.
BATCH_IS_OVERDUE = timedelta(hours=1)
# Tried at once, and after half a minute, 1, 2, 4 and 8: the relay does not take them.
TRIES_ARE_MANY = 6
# A key of last month is to be replaced in this one; one that is older is late.
MONTHS_OF_A_KEY = 1


@dataclass(frozen=True)
class Waiting:
    """Work that waits: how much, since when, and whether that is too long."""

    work: str
    words: str
    count: int
    since: datetime | None = None
    late: bool = False


@dataclass(frozen=True)
class Seen:
    """When something was last done; None if never."""

    name: str
    words: str
    at: datetime | None
    late: bool


@dataclass(frozen=True)
class KeyState:
    purpose: Purpose
    words: str
    epoch: str
    state: str
    late: bool


@dataclass(frozen=True)
class Letters:
    by_state: dict[str, int]
    since: dict[str, datetime | None]
    """Of states that pass: since when the oldest one is in it."""
    overdue_batches: int
    unpublished: int
    unpublished_since: datetime | None


@dataclass(frozen=True)
class Machines:
    waiting: list[Waiting]
    refused_mails: int
    """Confirmation mails that the relay has not taken in many tries."""
    workers: list[Seen]
    ticks: list[Seen]
    backup: Seen
    keys: list[KeyState]
    counted_at: datetime | None
    """When figures by day were last counted."""
    letters: Letters
    damaged: int
    """Signatures whose boxes do not open, counted up to a bound."""
    alarms: dict[str, datetime]
    """Which part of the program last logged that work stands still, and when."""
    faults: dict[str, datetime]
    """Likewise that something failed."""
    mailbox_fails_since: datetime | None
    replica_behind: timedelta | None
    """None where no replica is set, or it can't be asked."""

    def waiting_for(self, work: str) -> Waiting:
        return next(each for each in self.waiting if each.work == work)


def look(*, now: datetime) -> Machines:
    beats = Heartbeat.objects.times()
    mailbox = MailboxLook.objects.first()
    return Machines(
        waiting=queues(now=now),
        refused_mails=SignRequest.objects.refused(tries=TRIES_ARE_MANY).count(),
        workers=workers(beats, now=now),
        ticks=ticks(beats, now=now),
        backup=_seen(
            BACKUP, gettext("Backup"), beats.get(BACKUP), now=now, late_after=BACKUP_IS_LATE
        ),
        keys=keys(now=now),
        counted_at=beats.get(FIGURES),
        letters=letters(now=now),
        damaged=count_up_to(Signature.objects.filter(quarantined=True)),
        alarms=_marks(beats, ALARM),
        faults=_marks(beats, FAULT),
        mailbox_fails_since=mailbox.failing_since if mailbox else None,
        replica_behind=replica_behind(),
    )


def queues(*, now: datetime) -> list[Waiting]:
    return [
        _waiting(
            "confirmation_mails",
            gettext("Confirmation mails to be sent"),
            SignRequest.objects.waiting_for_mail(now=now),
            "mail_due_at",
            late=now - MAILS_ARE_LATE,
        ),
        Waiting(
            "confirmations",
            gettext("Forms whose signers have not confirmed yet"),
            SignRequest.objects.mailed().count(),
        ),
        _waiting(
            "letters",
            gettext("Letters due now"),
            Delivery.objects.due(now=now),
            "due_at",
            late=now - LETTERS_ARE_LATE,
        ),
        _waiting(
            "news",
            gettext("News due now"),
            NewsDelivery.objects.due(now=now),
            "due_at",
            late=now - NEWS_IS_LATE,
        ),
        _waiting(
            "copies",
            gettext("Copies that signers asked for"),
            DataCopy.objects.to_be_made(),
            "created_hour",
            late=now - MAILS_ARE_LATE,
        ),
        _waiting(
            "exports",
            gettext("Exports to be made"),
            Export.objects.to_be_made(now=now),
            "ordered_at",
            late=now - EXPORTS_ARE_LATE,
        ),
        Waiting(
            "office_files",
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
        _seen(queue, f"{words} ({queue})", seen.get(queue), now=now, late_after=WORKER_IS_LATE)
        for role, words in roles.items()
        for queue in sorted(role.queues)
    ]


def ticks(beats: dict[str, datetime], *, now: datetime) -> list[Seen]:
    """What beat sends, and when each last came to its end. One that never did is no news yet."""
    found = []
    for words, each in settings.CELERY_BEAT_SCHEDULE.items():
        name = _name_of(each)
        at = beats.get(name)
        late = at is not None and at < now - 3 * _pause_of(each["schedule"]) - TICK_IS_LATE
        found.append(Seen(name, words, at, late))
    return found


def keys(*, now: datetime) -> list[KeyState]:
    """The active key of each purpose: its age, and whether its private half opens here."""
    words = {
        Purpose.SIGNATURE: gettext("Key for signers’ details"),
        Purpose.MAIL: gettext("Key for addresses"),
    }
    return [_key(purpose, name, now=now) for purpose, name in words.items()]


def letters(*, now: datetime) -> Letters:
    state = Delivery.State
    counts = Delivery.objects.order_by().values_list("state").annotate(Count("pk"))
    oldest = Delivery.objects.order_by().aggregate(
        ready=Min("due_at", filter=Q(state=state.READY)),
        committing=Min("committed_at", filter=Q(state=state.COMMITTING)),
        uncertain=Min("committed_at", filter=Q(state=state.UNCERTAIN)),
    )
    waits = Delivery.objects.waiting_for_the_log().order_by()
    unpublished = waits.aggregate(
        batches=Count("batch", distinct=True), since=Min("batch__closed_at")
    )
    return Letters(
        by_state=dict.fromkeys(state.values, 0) | dict(counts),
        since=oldest,
        overdue_batches=overdue_batches(
            with_last_batch(Petition.objects.all()), list(Pause.objects.all()), now=now
        ),
        unpublished=unpublished["batches"],
        unpublished_since=unpublished["since"],
    )


def overdue_batches(
    petitions: Iterable[Petition], pauses: Collection[Pause], *, now: datetime
) -> int:
    """Petitions whose letters may go, and whose new signatures no batch has taken in time.

    They come `with_last_batch`.
    """
    if any(pause.petition_id is None and pause.office_id is None for pause in pauses):
        return 0
    paused = {pause.petition_id for pause in pauses}
    late = [
        each.pk
        for each in petitions
        if each.letters_approved_at
        and each.pk not in paused
        and (getattr(each, "last_batch_at", None) or each.opened_at)
        + timedelta(days=each.batch_days)
        + BATCH_IS_OVERDUE
        < now
    ]
    waiting = Signature.objects.ready_for_batch().order_by()
    # One signature says it; all of them may be a million.
    return sum(waiting.filter(petition=each).exists() for each in late)


def with_last_batch(petitions: QuerySet[Petition]) -> QuerySet[Petition]:
    """Each with `last_batch_at`."""
    return petitions.annotate(last_batch_at=Max("batches__closed_at")).order_by("number")


def replica_behind() -> timedelta | None:
    """How far behind the replica is; nothing where it has replayed all that it was sent."""
    if REPLICA not in connections:
        return None
    try:
        with connections[REPLICA].cursor() as cursor:
            cursor.execute(
                """SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
                   THEN interval '0' ELSE clock_timestamp() - pg_last_xact_replay_timestamp() END
                   WHERE pg_is_in_recovery()"""
            )
            row = cursor.fetchone()
    except (OperationalError, InterfaceError):
        connections[REPLICA].close()
        return None
    return row[0] if row else None


def has_replica() -> bool:
    return REPLICA in connections


# --- Parts


def _waiting(work: str, words: str, rows: QuerySet, due: str, *, late: datetime) -> Waiting:  # type: ignore[type-arg]  # of any model
    found = rows.order_by().aggregate(count=Count("pk"), since=Min(due))
    since = found["since"]
    return Waiting(work, words, found["count"], since, late=since is not None and since < late)


def _seen(
    name: str, words: str, at: datetime | None, *, now: datetime, late_after: timedelta
) -> Seen:
    return Seen(name, words, at, late=at is None or at < now - late_after)


def _marks(beats: dict[str, datetime], kind: str) -> dict[str, datetime]:
    """By the part of the program that left them, the newest first."""
    found = {
        name.removeprefix(f"{kind}: "): at
        for name, at in beats.items()
        if name.startswith(f"{kind}: ")
    }
    return dict(sorted(found.items(), key=lambda each: each[1], reverse=True))


def _queues_of_ticks() -> dict[str, str]:
    """Of each tick that beat sends, the queue that it goes to."""
    routes = {task: route["queue"] for task, route in settings.CELERY_TASK_ROUTES.items()}
    return {
        _name_of(each): routes.get(each["task"], settings.CELERY_TASK_DEFAULT_QUEUE)
        for each in settings.CELERY_BEAT_SCHEDULE.values()
    }


def _name_of(tick: dict[str, Any]) -> str:
    return str(tick["task"]).rpartition(".")[2]


def _pause_of(when: timedelta | crontab) -> timedelta:
    """Between two of the same kind; what goes by the clock comes once an hour."""
    return when if isinstance(when, timedelta) else timedelta(hours=1)


def _key(purpose: Purpose, words: str, *, now: datetime) -> KeyState:
    try:
        epoch = vault().active_epoch(purpose)
    except KeysUnavailable:
        return KeyState(purpose, words, "", gettext("There is no active key."), late=True)
    months = months_since(epoch, now=now)
    if not vault().has_private_key(purpose, epoch):
        state, wrong = gettext("Its private half lies elsewhere."), False
    else:
        state, wrong = _opens(purpose, epoch)
    if months > MONTHS_OF_A_KEY:
        state = f"{state} {gettext('It should have been replaced: rotate once a month.')}"
    return KeyState(purpose, words, epoch, state, late=wrong or months > MONTHS_OF_A_KEY)


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
