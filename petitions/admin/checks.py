"""Whether everything is all right: each check with what it found, what that means and what to do.

The page of this name, the red lines of the first page, the metrics and by them the alerts say what
this module says; docs/operations.md has a paragraph for each name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext

from petitions.admin.health import KeyState, Machines, Seen, has_replica

# So long an error in the log is news.
ERRORS_ARE_NEWS = timedelta(hours=1)
# The relay is asked after its time-out, and for half an hour where it is a hosted one.
FATE_IS_KNOWN = timedelta(hours=1)
# Beat looks each minute.
PUBLICATION_IS_LATE = timedelta(minutes=10)
MAILBOX_IS_MISSED = timedelta(hours=1)
REPLICA_IS_BEHIND = timedelta(minutes=5)


@dataclass(frozen=True)
class Check:
    name: str
    """In metrics, alerts and addresses; never changed, never translated."""
    title: str
    wrong: bool
    found: str
    """What is the case, in words."""
    meaning: str
    remedy: str
    since: datetime | None = None
    count: int | None = None
    complaint: str = ""
    """A line that stands alone; empty where all is well."""
    has_its_own_line: bool = False
    """Whether the first page tells of it among what organizers see to."""


def checks_of(machines: Machines, *, now: datetime) -> list[Check]:
    """Those that are wrong first."""
    found = [
        *_mails(machines, now=now),
        *_letters(machines, now=now),
        *_other_work(machines, now=now),
        *_workers(machines, now=now),
        *_errors(machines, now=now),
        _backup(machines.backup, now=now),
        *map(_key, machines.keys),
        *_sealed(machines),
        *_mailbox(machines, now=now),
        *_replica(machines),
    ]
    return sorted(found, key=lambda each: not each.wrong)


# --- Work that waits


def _mails(machines: Machines, *, now: datetime) -> Iterator[Check]:
    yield _work(
        machines,
        "confirmation_mails",
        gettext(
            "Whoever has signed waits for this mail, and counts only once they have confirmed."
        ),
        gettext(
            "See whether the mailer runs and reaches its relay. A pause is meant where a flood"
            " lasts, or where one network or mail provider asks for very many mails."
        ),
        now=now,
    )
    count = machines.refused_mails
    title = gettext("Confirmation mails that the relay does not take")
    yield Check(
        "refused_mails",
        title,
        count > 0,
        ngettext(
            "%(count)d mail was tried six times or more.",
            "%(count)d mails were tried six times or more.",
            count,
        )
        % {"count": count}
        if count
        else gettext("The relay takes them."),
        gettext("The mail server that sends our mails is away, or refuses them for now."),
        gettext(
            "Read the mailer’s log: it says why. Try “manage.py check_mail” there. Mails wait for"
            " three days and go out by themselves once the relay takes them."
        ),
        count=count,
        complaint=title,
    )


def _letters(machines: Machines, *, now: datetime) -> Iterator[Check]:
    yield _work(
        machines,
        "letters",
        gettext("Letters that may go out now do not go out."),
        gettext(
            "See whether the deliverer runs and reaches its relay. To one mail domain only so many"
            " letters go in a minute; after a large batch that takes hours, and is meant."
        ),
        now=now,
    )
    letters = machines.letters
    since = letters.since["uncertain"]
    wrong = since is not None and since < now - FATE_IS_KNOWN
    count = letters.by_state["uncertain"]
    yield Check(
        "uncertain_letters",
        gettext("Letters whose fate is uncertain"),
        wrong,
        _count_and_age(count, since, now=now),
        gettext("The connection broke when the relay may have had the letter, or may not."),
        gettext(
            "The deliverer asks the relay by itself. After an hour something keeps it from doing so:"
            " read its log, and see whether RELAY_URL names a relay that answers."
        ),
        since=since,
        count=count,
        complaint=gettext("Letters whose fate has been uncertain for more than an hour"),
    )
    yield Check(
        "batches",
        gettext("Batches that should have been closed"),
        letters.overdue_batches > 0,
        _count(letters.overdue_batches),
        gettext("New signatures of a petition wait for their letters for longer than was set."),
        gettext("See whether the deliverer and beat run, and read the deliverer’s log."),
        count=letters.overdue_batches,
        complaint=gettext("Batches that should have been closed"),
        has_its_own_line=True,
    )
    since = letters.unpublished_since
    yield Check(
        "public_log",
        gettext("Batches whose letters wait for the public log"),
        since is not None and since < now - PUBLICATION_IS_LATE,
        _count_and_age(letters.unpublished, since, now=now),
        gettext("A letter goes out only once the public log says that its batch was closed."),
        gettext(
            "Read the deliverer’s log: the key of the public log is missing there, or an old backup"
            " was put back. Then “manage.py ledger publish” says what to do."
        ),
        since=since,
        count=letters.unpublished,
        complaint=gettext("Batches whose letters wait for the public log"),
        has_its_own_line=True,
    )


def _other_work(machines: Machines, *, now: datetime) -> Iterator[Check]:
    meanings = {
        "news": gettext("News that was sent off is on its way for more than a day."),
        "copies": gettext("Signers asked for a copy of their data and have none."),
        "exports": gettext("An organizer waits for a file that nobody makes."),
    }
    slow = gettext("See whether the worker of its queue runs, and read that worker’s log.")
    for name, meaning in meanings.items():
        yield _work(machines, name, meaning, slow, now=now)


def _work(machines: Machines, name: str, meaning: str, remedy: str, *, now: datetime) -> Check:
    waiting = machines.waiting_for(name)
    return Check(
        name,
        waiting.words,
        waiting.late,
        _count_and_age(waiting.count, waiting.since, now=now),
        meaning,
        remedy,
        since=waiting.since,
        count=waiting.count,
        complaint=gettext("%(work)s: it takes too long") % {"work": waiting.words},
    )


# --- Who does it


def _workers(machines: Machines, *, now: datetime) -> Iterator[Check]:
    for each in machines.workers:
        yield Check(
            f"worker_{each.name}",
            each.words,
            each.late,
            _seen(each, now=now),
            gettext("Nothing that waits in its queue gets done."),
            gettext(
                "See whether its process runs and reaches the broker, and whether beat runs."
                " Nothing is lost meanwhile: what waits is done when they are back."
            ),
            since=each.at,
            complaint=gettext("%(role)s: not seen for more than five minutes")
            % {"role": each.words},
        )
    late = [each for each in machines.ticks if each.late]
    names = ", ".join(each.words for each in late)
    yield Check(
        "ticks",
        gettext("Work that repeats itself"),
        bool(late),
        names or gettext("All of it came to its end in time."),
        gettext("This work was begun again and again, or not at all, and did not come to its end."),
        gettext("Read the log of the worker that does it for the error that ends it each time."),
        since=min((each.at for each in late if each.at), default=None),
        complaint=gettext("Work that did not come to its end: %(names)s") % {"names": names},
    )


def _errors(machines: Machines, *, now: datetime) -> Iterator[Check]:
    alarms = _recent(machines.alarms, now=now)
    yield Check(
        "alarms",
        gettext("Alarms in the log"),
        bool(alarms),
        ", ".join(alarms) or gettext("None in the last hour."),
        gettext("A part of the program has stopped its work until somebody has looked."),
        gettext(
            "Find the lines with CRITICAL in the logs: they say why. Most often a key is missing or"
            " another one, or more than one sealed box in a thousand does not open."
        ),
        since=max(alarms.values(), default=None),
        complaint=gettext("Alarms in the log: %(parts)s") % {"parts": ", ".join(alarms)},
    )
    errors = _recent(machines.faults, now=now)
    yield Check(
        "errors",
        gettext("Errors in the log"),
        bool(errors),
        ", ".join(errors) or gettext("None in the last hour."),
        gettext("A page or a piece of work failed in a way that nobody had thought of."),
        gettext(
            "Find the lines with ERROR in the logs. They name the place in the code and nobody’s"
            " data, so they may be sent to whoever looks after the program."
        ),
        since=max(errors.values(), default=None),
        complaint=gettext("Errors in the log: %(parts)s") % {"parts": ", ".join(errors)},
    )


def _recent(marks: dict[str, datetime], *, now: datetime) -> dict[str, datetime]:
    return {part: at for part, at in marks.items() if at > now - ERRORS_ARE_NEWS}


# --- What must not be lost


def _backup(backup: Seen, *, now: datetime) -> Check:
    never = gettext("No backup has ever been noted")
    return Check(
        "backup",
        backup.words,
        backup.late,
        _seen(backup, now=now) if backup.at else never,
        gettext("What is lost since the last backup is lost for good."),
        gettext(
            "Read the log of what makes backups. Once one has been carried away,"
            " “manage.py backup_done” notes it."
        ),
        since=backup.at,
        complaint=gettext("The last backup is older than a day") if backup.at else never,
    )


def _key(key: KeyState) -> Check:
    return Check(
        f"key_{key.purpose}",
        key.words,
        key.late,
        f"{key.epoch} {key.state}".strip(),
        gettext("What people type is sealed to this key; the older it is, the more it opens."),
        gettext(
            "“manage.py vault verify” says what is wrong; “manage.py vault rotate” makes a new one."
        ),
        complaint=f"{key.words} {key.epoch}: {key.state}".replace(" :", ":"),
    )


def _sealed(machines: Machines) -> Iterator[Check]:
    yield Check(
        "damaged",
        gettext("Signatures whose sealed details do not open"),
        machines.damaged > 0,
        _count(machines.damaged),
        gettext("They count, but no letter names them: somebody or something changed these rows."),
        gettext(
            "See whether a key was destroyed too early, and compare with a backup. Who can write to"
            " the database can do this."
        ),
        count=machines.damaged,
        complaint=gettext("Signatures whose sealed details do not open"),
        has_its_own_line=True,
    )


def _mailbox(machines: Machines, *, now: datetime) -> Iterator[Check]:
    since = machines.mailbox_fails_since
    yield Check(
        "mailbox",
        gettext("The mailbox for what comes back"),
        since is not None and since < now - MAILBOX_IS_MISSED,
        gettext("It can’t be read.") if since else gettext("It is read, or none is set."),
        gettext("Bounces and answers of offices lie there, and nobody sees them."),
        gettext(
            "See RETURNS_IMAP_URL and its password; the deliverer’s log names the kind of fault."
        ),
        since=since,
        complaint=gettext("The mailbox for what comes back can’t be read"),
        has_its_own_line=True,
    )


def _replica(machines: Machines) -> Iterator[Check]:
    if not has_replica():
        return
    behind = machines.replica_behind
    found = gettext("It can’t be asked.") if behind is None else _span(behind)
    yield Check(
        "replica",
        gettext("How far the replica is behind"),
        behind is None or behind > REPLICA_IS_BEHIND,
        found,
        gettext("Exports and the figures of the first page are read from the primary meanwhile."),
        gettext("See whether the replica runs and follows the primary."),
        complaint=gettext("The replica is away, or far behind"),
    )


# --- Words


def _count(count: int) -> str:
    return f"{count}" if count else gettext("None.")


def _count_and_age(count: int, since: datetime | None, *, now: datetime) -> str:
    if not count or since is None:
        return _count(count)
    age = gettext("the oldest for %(since)s") % {"since": timesince(since, now)}
    return f"{count}, {age}"


def _seen(seen: Seen, *, now: datetime) -> str:
    if seen.at is None:
        return gettext("never")
    return gettext("%(since)s ago") % {"since": timesince(seen.at, now)}


def _span(behind: timedelta) -> str:
    seconds = round(behind.total_seconds())
    return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
