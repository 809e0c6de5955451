"""What an office does on its page. Each takes the token of the page's link, and leaves a line.

A link is made when its batch is closed: 256 random bits, the same at each try of its letter. The
web process knows their hash; the deliverer, who writes the letter, opens the box that they lie in.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import uuid
from base64 import b32encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.urls import reverse

from petitions.delivery.head_words import HeadWords
from petitions.models import Answer, Delivery, Leaf, Office, OfficeAction, OfficePage, Signature
from petitions.models.sealed import OfficeWords, seal_page_token
from petitions.vault import CannotOpen

log = logging.getLogger(__name__)

Kind = OfficeAction.Kind
Outcome = OfficeAction.Outcome
# Of one kind; who holds a link can't fill the organizers' screens.
MOST_WAITING = 3
# What means something in Markdown wherever it stands, and what does at the beginning of a line.
MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~!&]|^[-+=]")
LIST_NUMBER = re.compile(r"^(\d{1,9})([.)])")


class LeadsNowhere(Exception):
    """No page has this link: it is wrong, or its time is over."""


class TooManyWait(Exception):
    """So much of this page waits for an organizer already that no more is taken."""


# --- The link


def make_pages(deliveries: Iterable[Delivery]) -> None:
    """A page with a link for each delivery that has none."""
    OfficePage.objects.bulk_create((_page(each) for each in deliveries), ignore_conflicts=True)


def page_url(delivery: Delivery) -> str:
    """The link in a delivery's letter."""
    return f"{settings.SITE_URL}{_path_before_token()}{token_of(page_of(delivery))}/"


@cache
def _path_before_token() -> str:
    """To reverse an address takes longer than all else that a letter's own link needs."""
    return reverse("office-link", args=["TOKEN"]).removesuffix("TOKEN/")


def page_of(delivery: Delivery) -> OfficePage:
    try:
        return delivery.office_page
    except OfficePage.DoesNotExist:
        # Its batch was closed before there were pages.
        make_pages([delivery])
        return OfficePage.objects.get(delivery=delivery)


def token_of(page: OfficePage) -> str:
    """The token in its box; where that is damaged, a new one takes its place."""
    try:
        return page.open_token()
    except CannotOpen:
        log.error("office page %s does not open: it gets a new link", page.pk)  # noqa: TRY400 - the trace adds nothing
    token = _make_token()
    page.token_hash, page.box = _hash(token), seal_page_token(token, page_id=page.pk)
    page.files = page.key_box = None
    page.save(update_fields=["token_hash", "box", "files", "key_box"])
    return token


def find_page(token: str, *, now: datetime, locked: bool = False) -> OfficePage:
    """The page behind a link, with its letter and office; `locked` until the transaction ends.

    Raises:
        LeadsNowhere: there is none.
    """
    pages = OfficePage.objects.alive(now=now).select_related(
        "delivery__batch__petition", "delivery__batch__head", "delivery__office", "files"
    )
    if locked:
        pages = pages.select_for_update(of=("self",))
    page = pages.filter(token_hash=_hash(token)).first()
    if page is None:
        raise LeadsNowhere
    return page


def _page(delivery: Delivery) -> OfficePage:
    token, page_id = _make_token(), uuid.uuid4()
    return OfficePage(
        id=page_id,
        delivery=delivery,
        token_hash=_hash(token),
        box=seal_page_token(token, page_id=page_id),
    )


def _make_token() -> str:
    """256 random bits as 52 capitals and digits.

    Without small letters: filters count Latin ones among Cyrillic words as a spammer's trick
    (SpamAssassin's MIXED_ES).
    """
    return b32encode(secrets.token_bytes(32)).decode("ascii").rstrip("=")


def _hash(token: str) -> bytes:
    # A link's last part can be any text, also half a character that has no bytes.
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


# --- What the page shows


@dataclass(frozen=True)
class Standing:
    """How things stand between this letter and its office."""

    page: OfficePage
    confirmed_at: datetime | None
    waiting: frozenset[str]
    """Kinds of what waits for an organizer."""
    names_signers: bool
    has_files: bool
    """Also where it names nobody: then of receipts alone."""
    head: HeadWords | None

    @property
    def delivery(self) -> Delivery:
        return self.page.delivery

    @property
    def office(self) -> Office:
        return self.page.delivery.office


def standing(page: OfficePage) -> Standing:
    actions = OfficeAction.objects.filter(delivery=page.delivery_id)
    confirmed = actions.filter(kind=Kind.CONFIRM).values_list("at", flat=True).first()
    return Standing(
        page=page,
        confirmed_at=confirmed,
        waiting=frozenset(actions.waiting().values_list("kind", flat=True)),
        names_signers=_names_signers(page.delivery),
        has_files=_has_files(page.delivery),
        head=HeadWords.of(page.delivery.batch),
    )


def _names_signers(delivery: Delivery) -> bool:
    return Signature.objects.filter(batch=delivery.batch_id).to_be_named().exists()


def _has_files(delivery: Delivery) -> bool:
    return _names_signers(delivery) or Leaf.objects.of_batch(delivery.batch).exists()


# --- What the office does


@transaction.atomic
def confirm_receipt(token: str, *, now: datetime) -> None:
    """Once; confirming again changes nothing."""
    page = find_page(token, now=now, locked=True)
    known = OfficeAction.objects.filter(delivery=page.delivery_id, kind=Kind.CONFIRM)
    if not known.exists():
        _note(page, Kind.CONFIRM, now=now)


@transaction.atomic
def ask_for_files(token: str, *, now: datetime) -> None:
    """The deliverer makes them, sealed to whoever holds this link (delivery/spool.py)."""
    page = find_page(token, now=now, locked=True)
    if page.files is None and page.gives_files(now=now) and _has_files(page.delivery):
        OfficePage.objects.filter(pk=page.pk).update(files_wanted=True)


@transaction.atomic
def propose_address(token: str, words: OfficeWords, *, other: bool, now: datetime) -> None:
    """A new address of this office, or with `other` another office; nothing is written to it
    before an organizer has accepted it.

    Raises:
        TooManyWait: nothing was noted.
    """
    page = find_page(token, now=now, locked=True)
    _note(page, Kind.OTHER if other else Kind.ADDRESS, now=now, words=words)


@transaction.atomic
def stop_letters(token: str, words: OfficeWords, *, now: datetime) -> None:
    """No letter goes to this office from now on, until an organizer lets them."""
    page = find_page(token, now=now, locked=True)
    stopped = Office.objects.filter(pk=page.delivery.office_id, active=True).update(active=False)
    if stopped:
        _note(page, Kind.STOP, now=now, words=words)


@transaction.atomic
def write_answer(token: str, text: str, *, language: str, now: datetime) -> None:
    """An answer that nobody sees before an organizer has made it public.

    Raises:
        TooManyWait: nothing was noted.
    """
    page = find_page(token, now=now, locked=True)
    action = _note(page, Kind.ANSWER, now=now)
    action.answer = Answer.objects.create(
        delivery=page.delivery,
        answered_on=now.date(),
        language=language,
        body=as_markdown(text),
        public=False,
    )
    action.save(update_fields=["answer"])


def note_download(page: OfficePage, file: str, *, now: datetime) -> None:
    _note(page, Kind.DOWNLOAD, now=now, file=file)


def as_markdown(text: str) -> str:
    """Plain text so that it reads, as Markdown, just as it was typed: no link, no picture."""
    lines = (_literal(line.strip()) for line in text.strip().splitlines())
    # A backslash keeps the end of a line within a paragraph.
    return re.sub(r"(?<=\S)\n(?=\S)", r"\\\n", "\n".join(lines))


def _literal(line: str) -> str:
    return LIST_NUMBER.sub(r"\1\\\2", MARKUP.sub(r"\\\g<0>", line))


def _note(
    page: OfficePage, kind: Kind, *, now: datetime, words: OfficeWords | None = None, file: str = ""
) -> OfficeAction:
    needs_a_look = kind not in {Kind.CONFIRM, Kind.DOWNLOAD}
    if needs_a_look and kind != Kind.STOP:
        _refuse_too_many(page, kind)
    action = OfficeAction(
        delivery=page.delivery,
        kind=kind,
        at=now.replace(second=0, microsecond=0),
        file=file,
        outcome=Outcome.WAITS if needs_a_look else Outcome.NOTED,
    )
    if words is not None:
        action.box = words.seal(action_id=action.pk)
    action.save(force_insert=True)
    return action


def _refuse_too_many(page: OfficePage, kind: Kind) -> None:
    waiting = OfficeAction.objects.waiting().filter(delivery=page.delivery_id, kind=kind)
    if waiting.count() >= MOST_WAITING:
        raise TooManyWait


# --- What an organizer decides


@transaction.atomic
def settle(action: OfficeAction, outcome: Outcome, *, by: User, now: datetime) -> bool:
    """Accept or set aside what waits; False where somebody was sooner.

    A new address is written to from then on; letters that were stopped go again where that is
    set aside.
    """
    settled = OfficeAction.objects.waiting().filter(pk=action.pk)
    if not settled.update(outcome=outcome, settled_at=now, settled_by=by):
        return False
    office = Office.objects.filter(pk=action.delivery.office_id)
    if action.kind == Kind.ADDRESS and outcome == Outcome.USED:
        office.update(email=action.open_words().email)
    if action.kind == Kind.STOP and outcome == Outcome.ASIDE:
        office.update(active=True, stopped_because="")
    return True


def settle_published(answer: Answer, *, by: User, now: datetime) -> None:
    """An answer that is public now waits no longer."""
    waiting = OfficeAction.objects.waiting().filter(answer=answer, answer__public=True)
    waiting.update(outcome=Outcome.USED, settled_at=now, settled_by=by)


def settle_stops(office: Office, *, by: User, now: datetime) -> None:
    """Whoever lets letters go to an office again has dealt with its wish that they stop."""
    waiting = OfficeAction.objects.waiting().filter(delivery__office=office, kind=Kind.STOP)
    waiting.update(outcome=Outcome.ASIDE, settled_at=now, settled_by=by)
