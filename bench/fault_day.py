"""The whole site is broken piece by piece while supporters sign and offices get letters.

Each fault has its time: letters come due, something breaks, it is mended. At the end all that was
acknowledged is looked for in the database and in the mailboxes (bench/fault_report.py).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from bench.fault_kinds import FAULTS, Fault
from bench.fault_site import Site, patiently, site_on
from bench.offices import make_offices
from bench.prepare import prepare
from bench.restartable import Server
from bench.small_disk import can_be_made
from local.places import Home
from local.processes import Program, meanwhile
from petitions.delivery.batches import close_batch
from petitions.models import Delivery, Petition, Signature, SignRequest

OFFICES = 10
# Before the first fault, so that there is something to lose.
WARM_UP = 14
# Between one fault and the next: until its letters are sent, or so many seconds.
PEACE = (3, 45)
# A mail whose mailer was killed waits for five minutes, and for its turn.
LAST_MAIL = 420
# Seconds after the last mail in which the last links are opened.
LAST_LINKS = 8


@dataclass(frozen=True)
class Span:
    """A fault, by the monotonic clock, and the letters that came due in it."""

    fault: Fault
    began: float
    mended: float
    letters: frozenset[str]


@dataclass(frozen=True)
class Day:
    spans: Sequence[Span]
    not_tried: Sequence[Fault]
    seen: Path
    """What supporters saw: bench/supporters.py."""
    mailbox: Path
    seconds: float


def live_through(home: Home, postgres: Server, valkey: Server, names: Sequence[str]) -> Day:
    prepare()
    offices = make_offices(OFFICES)
    for petition in Petition.objects.all():
        petition.approve_letters(by=None, now=timezone.now())
        petition.offices.set(offices)
    chosen = [FAULTS[name] for name in names or FAULTS]
    possible = [each for each in chosen if can_be_made() or not each.needs_small_disk]
    began = time.monotonic()
    with site_on(home, postgres, valkey) as site:
        people = [sys.executable, "-m", "bench.supporters", str(site.port)]
        people += [str(site.mailbox), str(home.folder)]
        with meanwhile(Program("supporters", people, os.environ), home):
            site.live_on(WARM_UP)
            spans = [_live_through_one(each, site) for each in possible]
            (home.folder / "enough").touch()
            site.live_until(_nothing_waits, seconds=LAST_MAIL)
            # Their last links are in the mail.
            site.live_on(LAST_LINKS)
    return Day(
        spans=spans,
        not_tried=[each for each in chosen if each not in possible],
        seen=home.folder / "seen.jsonl",
        mailbox=site.mailbox,
        seconds=time.monotonic() - began,
    )


def _live_through_one(fault: Fault, site: Site) -> Span:
    letters = patiently(_owe_letters)
    print(f"{fault.words} …", file=sys.stderr, flush=True)
    began = time.monotonic()
    with fault.befall(site):
        site.live_on(fault.seconds)
    mended = time.monotonic()
    site.live_on(PEACE[0])
    # The mail server's would wait for minutes.
    if not fault.name.startswith("mail-"):
        site.live_until(lambda: not _waiting(letters), seconds=PEACE[1])
    return Span(fault, began, mended, letters)


def _owe_letters() -> frozenset[str]:
    """What was signed since the last time is due at all offices now; the letters' Message-IDs."""
    now = timezone.now()
    waiting = Petition.objects.filter(pk__in=Signature.objects.ready_for_batch().values("petition"))
    batches = [close_batch(petition, now=now) for petition in waiting]
    owed = Delivery.objects.filter(batch__in=[each for each in batches if each])
    return frozenset(owed.values_list("message_id", flat=True))


def _waiting(letters: frozenset[str]) -> bool:
    waiting = Delivery.objects.exclude(state=Delivery.State.SENT)
    return patiently(lambda: waiting.filter(message_id__in=letters).exists())


def _nothing_waits() -> bool:
    mails = SignRequest.objects.filter(mail_box__isnull=False)
    letters = Delivery.objects.exclude(state=Delivery.State.SENT)
    return patiently(lambda: not mails.exists() and not letters.exists())
